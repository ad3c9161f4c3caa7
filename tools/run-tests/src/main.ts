/** `npm test [-- <file, folder or glob>…] [--name <pattern>]`: all unit and integration tests, or those asked for. */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isAppError } from '@easycerts/core';
import { ensureAssets, renderEvent } from '@easycerts/kube-assets';
import { findTestFiles } from './find-test-files.ts';
import { runFiles } from './run-files.ts';

const root = resolve(import.meta.dirname, '../../..');
/** Longer than the slowest single test, of which each has its own limit. */
const silenceMs = 300_000;

// The reader may have seen enough: `npm test | head`.
process.stdout.on('error', () => process.exit(1));

const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort(name));

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { name: { type: 'string', short: 't', multiple: true } },
  });
  const { files, unknown } = await findTestFiles(root, positionals);
  if (unknown.length > 0) {
    process.stderr.write(`error: no test file is meant by ${unknown.join(', ')}\ncure: npm test -- libs/shared/pki\n`);
    return 2;
  }
  if (files.length === 0) {
    process.stdout.write(`no tests in ${positionals.join(', ')}\n`);
    return 0;
  }
  const env = await environmentFor(files);
  if (env === undefined) return 1;
  const hasPassed = await runFiles({
    files,
    cwd: root,
    env,
    out: process.stdout,
    silenceMs,
    signal: ending.signal,
    ...(values.name === undefined ? {} : { namePatterns: values.name }),
  });
  return hasPassed ? 0 : 1;
}

/** Integration tests start a real nats-server: it is built or found first, with a line for what takes time. */
async function environmentFor(files: readonly string[]): Promise<Readonly<NodeJS.ProcessEnv> | undefined> {
  if (!files.some((file) => file.endsWith('.int.test.ts'))) return process.env;
  try {
    const assets = await ensureAssets({
      group: 'bus',
      env: process.env,
      signal: ending.signal,
      report: (event) => event.kind !== 'cached' && process.stdout.write(`${renderEvent(event)}\n`),
    });
    return { ...process.env, EASYCERTS_NATS_SERVER: assets.path('nats-server') };
  } catch (error) {
    if (!isAppError(error)) throw error;
    const cure = error.details.cure === undefined ? '' : `cure: ${error.details.cure}\n`;
    process.stderr.write(`error: ${error.message}\n${cure}`);
    return undefined;
  }
}
