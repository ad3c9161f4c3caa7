/** Runs the steps of suites one after another, each in a process of its own, and cleans up whatever happens. */

import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { removeAbandonedGroups, removeGroupsBelow } from '@easycerts/test-hosts';
import type { Suite } from './find-suites.ts';
import { repository } from './place.ts';
import { runCommand } from './run-command.ts';

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Leaves the clusters running, for whoever works on a step. */
  readonly isKept: boolean;
  readonly out: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** Longer than the slowest test waits for anything; node itself waits for ever for a file that does not end. */
const silenceMs = 10 * 60_000;

/** Runs everything as one run, so that there is one summary at the end. Resolves with whether all went well. */
export async function runSuites(suites: readonly Suite[], options: RunOptions): Promise<boolean> {
  const { env, isKept, out, signal } = options;
  const folder = env.EASYCERTS_E2E_FOLDER ?? '';
  await removeAbandonedGroups();
  try {
    return await runFiles(
      suites.flatMap(({ steps }) => steps),
      options,
    );
  } finally {
    if (isKept) out.write(`kept: EASYCERTS_E2E_FOLDER=${folder}\n`);
    else await removeEverything(folder, env, signal.aborted ? process.stderr : undefined);
  }
}

async function runFiles(files: readonly string[], { env, out, signal }: RunOptions): Promise<boolean> {
  const hanging = new AbortController();
  let hasPassed = false;
  let silence: NodeJS.Timeout | undefined;
  const news = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => hanging.abort(), silenceMs);
  };
  news();
  const events = run({
    files: [...files],
    cwd: repository,
    env,
    concurrency: 1,
    isolation: 'process',
    signal: AbortSignal.any([signal, hanging.signal]),
  });
  events.on('test:start', news);
  events.on('test:complete', news);
  events.on('test:summary', ({ file, success }) => {
    if (file === undefined) hasPassed = success;
  });
  try {
    for await (const text of events.compose(spec())) out.write(text);
  } finally {
    clearTimeout(silence);
  }
  if (hanging.signal.aborted) process.stderr.write(`no news for ${silenceMs / 60_000} minutes: ended\n`);
  return hasPassed && !hanging.signal.aborted && !signal.aborted;
}

/** Also after a run that was broken off: the steps that clean up may not have been reached. */
async function removeEverything(
  folder: string,
  env: NodeJS.ProcessEnv,
  log: NodeJS.WritableStream | undefined,
): Promise<void> {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const data = join(folder, name);
    if (!existsSync(join(data, '.easycerts-data'))) continue;
    log?.write(`removing ${relative(repository, data)}\n`);
    const { code, stderr } = await runCommand(['npm', 'run', '--silent', 'reset'], {
      env: { ...env, EASYCERTS_DATA_DIR: data },
    });
    if (code !== 0) process.stderr.write(`npm run reset: ${stderr}\n`);
  }
  await removeGroupsBelow(folder, (group) => log?.write(`removing the hosts of group ${group}\n`));
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
