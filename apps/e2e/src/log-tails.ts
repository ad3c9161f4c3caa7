/** The last lines of the logs of a cluster on this machine. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const tailLines = 25;
/** Only the logs that something was written to a short time before are about the failure. */
const recentMs = 5 * 60_000;

/** Of every log in a data directory that was written to lately. */
export function clusterLogTails(data: string): string {
  const files = [join(data, 'sandbox/supervisor.log'), ...logsBelow(join(data, 'var/log/easycerts'))];
  const recent = files.filter(
    (path) => existsSync(path) && statSync(path).size > 0 && Date.now() - statSync(path).mtimeMs < recentMs,
  );
  return recent.map((path) => `\n--- ${path.slice(data.length + 1)}\n${tailOf(path)}\n`).join('');
}

function logsBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.log'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function tailOf(path: string): string {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(-tailLines);
  return lines.map((line) => (line.length > 400 ? `${line.slice(0, 400)}…` : line)).join('\n');
}
