/** Looks for programs and asks them for their versions. */

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ProgramFacts, WantedProgram } from '../../core/preflight/facts.ts';

const run = promisify(execFile);
const timeoutMs = 20_000;
/** Where root's programs lie, whatever the PATH of the one who called us. */
const rootPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function findPrograms(wanted: readonly WantedProgram[]): Promise<readonly ProgramFacts[]> {
  return Promise.all(wanted.map(findOne));
}

/** Folders where programs without a folder of their own are looked for. */
export function programFolders(): readonly string[] {
  return [...new Set([...(process.env.PATH ?? '').split(':').filter(Boolean), ...rootPath])];
}

async function findOne({ directory, elsewhere = [], kind, name, substitute }: WantedProgram): Promise<ProgramFacts> {
  const folders = directory === undefined ? programFolders() : [directory, ...elsewhere];
  for (const sought of substitute === undefined ? [name] : [name, substitute]) {
    for (const folder of folders) {
      const path = `${folder}/${sought}`;
      if (!(await isProgram(path))) continue;
      const version = kind === 'other' ? undefined : await versionOf(path);
      return { name, path, isFound: true, ...(version === undefined ? {} : { version }) };
    }
  }
  return { name, path: directory === undefined ? name : `${directory}/${name}`, isFound: false };
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: timeoutMs });
    return stdout.split('\n')[0]?.trim();
  } catch {
    return undefined;
  }
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
