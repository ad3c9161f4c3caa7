/** A step of a suite: a node:test suite whose failures show the last lines of the cluster's logs. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { afterEach, describe } from 'node:test';
import type { Cluster } from './cluster.ts';

const tailLines = 25;
/** Only the logs that something was written to a short time before are about the failure. */
const recentMs = 5 * 60_000;

/** Defines the tests of a step; they run one after another. */
export function step(title: string, cluster: Cluster, define: () => void): void {
  describe(title, { concurrency: 1 }, () => {
    let hasShown = false;
    afterEach((context) => {
      if ((context as TestContext).passed || hasShown) return;
      hasShown = true;
      process.stdout.write(logTails(cluster));
    });
    define();
  });
}

function logTails(cluster: Cluster): string {
  const files = [join(cluster.data, 'sandbox/supervisor.log'), ...logsBelow(cluster.file('/var/log/easycerts'))];
  const recent = files.filter(
    (path) => existsSync(path) && statSync(path).size > 0 && Date.now() - statSync(path).mtimeMs < recentMs,
  );
  return recent.map((path) => `\n--- ${path.slice(cluster.data.length + 1)}\n${tailOf(path)}\n`).join('');
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
