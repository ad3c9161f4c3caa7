/** The jobs of the npm scripts: which program each one is. */

import { Problem } from './problem.mjs';

const easycerts = 'apps/easycerts/src/main.ts';
/** @param {string} name */
const binary = (name) => `node_modules/.bin/${name}`;

/**
 * Name → the script for node and its first arguments; what the caller adds comes behind.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const jobs = Object.freeze({
  start: [easycerts, 'up'],
  stop: [easycerts, 'down'],
  reset: [easycerts, 'reset'],
  easycerts: [easycerts],
  test: ['tools/run-tests/src/main.ts'],
  e2e: ['apps/e2e/src/main.ts'],
  check: ['tools/check/src/main.ts'],
  typecheck: ['tools/check/src/typecheck-main.ts'],
  generate: ['tools/generate/src/main.ts'],
  format: [binary('biome'), 'check', '--write', '.'],
  bench: ['bench/src/main.ts'],
  fuzz: ['tools/fuzz/src/main.ts'],
  package: ['tools/package/src/main.ts'],
  affected: [binary('nx'), 'affected', '--targets=test,typecheck'],
});

/** Jobs that may need the terminal for themselves: `easycerts shell`, `easycerts exec`. */
export const interactiveJobs = Object.freeze(['easycerts']);

/**
 * The arguments for node. Throws a Problem for a job that there is not.
 * @param {string | undefined} job
 * @param {readonly string[]} rest
 */
export function argumentsOf(job, rest) {
  const known = job !== undefined && Object.hasOwn(jobs, job) ? jobs[job] : undefined;
  if (known === undefined) {
    throw new Problem(
      job === undefined ? 'no job was given' : `there is no job ${job}`,
      `node tools/run.mjs <${Object.keys(jobs).join('|')}> [arguments]`,
    );
  }
  return [...known, ...rest];
}
