/** `npm run e2e [-- suite…]`: runs the end-to-end suites against the product as it is. Ends with node's summary. */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isAppError } from '@easycerts/core';
import { ensureAssets, renderEvent } from '@easycerts/kube-assets';
import type { Suite } from './find-suites.ts';
import { findSuites } from './find-suites.ts';
import { environmentOf } from './place.ts';
import { runSuites } from './run-suites.ts';

const suitesFolder = join(import.meta.dirname, '../suites');

const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort(name));

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { list: { type: 'boolean' }, keep: { type: 'boolean' }, only: { type: 'string', multiple: true } },
  });
  try {
    const suites = findSuites(suitesFolder, positionals);
    if (values.list) return list(suites);
    const isKept = values.keep === true;
    const env = await environmentOf(await getAssets(), isKept);
    const chosen = values.only === undefined ? suites : onlySteps(suites, values.only);
    return (await runSuites(chosen, { env, isKept, out: process.stdout, signal: ending.signal })) ? 0 : 1;
  } catch (error) {
    const cure = isAppError(error) && error.details.cure !== undefined ? `\ncure: ${error.details.cure}` : '';
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}${cure}\n`);
    return 2;
  }
}

function list(suites: readonly Suite[]): number {
  for (const { name, steps } of suites) {
    process.stdout.write(`${name}\n${steps.map((path) => `  ${path.slice(path.lastIndexOf('/') + 1)}\n`).join('')}`);
  }
  return 0;
}

/** For whoever works on a step: together with --keep, which leaves the cluster running. */
function onlySteps(suites: readonly Suite[], numbers: readonly string[]): readonly Suite[] {
  return suites.map(({ name, steps }) => ({
    name,
    steps: steps.filter((path) => numbers.some((number) => path.includes(`/${number.padStart(2, '0')}-`))),
  }));
}

function getAssets() {
  return ensureAssets({
    group: 'all',
    env: process.env,
    signal: ending.signal,
    report: (event) => event.kind !== 'cached' && process.stdout.write(`${renderEvent(event)}\n`),
  });
}
