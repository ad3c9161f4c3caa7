/** The bootstrap: install what is missing, find a Node, run the job. */

import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode } from './find-node.mjs';
import { ensureInstalled } from './install.mjs';
import { argumentsOf, interactiveJobs } from './jobs.mjs';
import { Problem, problemText } from './problem.mjs';
import { runChild } from './run-child.mjs';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Runs `words[0]` with the rest as arguments and resolves with the exit code.
 * @param {readonly string[]} words
 */
export async function main(words, root = repository) {
  try {
    const [job, ...rest] = words;
    const args = argumentsOf(job, rest);
    // On stderr: what a job prints may be read by a program.
    await ensureInstalled({ root, env: process.env, out: process.stderr });
    const { platform, arch, execPath } = process;
    const node = findNode({ root, version: process.versions.node, execPath, platform, arch });
    const isInteractive = interactiveJobs.includes(job ?? '');
    return await runChild({ command: node, args, cwd: root, env: environment(root, node), isInteractive });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(problemText(error));
    return 1;
  }
}

/**
 * The node first: `node` in what the job runs must be the same one.
 * @param {string} root
 * @param {string} node
 */
function environment(root, node) {
  const first = [dirname(node), join(root, 'node_modules', '.bin')];
  return { ...process.env, PATH: [...first, process.env.PATH ?? ''].join(delimiter) };
}
