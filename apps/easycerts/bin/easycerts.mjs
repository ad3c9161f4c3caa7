#!/usr/bin/env node
/**
 * Starts easycerts from a checkout, with whichever Node the user has: plain JavaScript for Node 20 and later. Where it is
 * new enough it goes on in this process; else in a child, under the Node that npm has installed.
 */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode } from '../../../tools/bootstrap/find-node.mjs';
import { Problem, problemText } from '../../../tools/bootstrap/problem.mjs';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const main = join(repository, 'apps/easycerts/src/main.ts');

try {
  const { arch, execPath, platform, versions } = process;
  const node = findNode({ root: repository, version: versions.node, execPath, platform, arch });
  if (node === execPath) {
    process.argv[1] = main;
    await import(main);
  } else {
    process.exitCode = await runChild(node, [main, ...process.argv.slice(2)]);
  }
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(problemText(error));
  process.exitCode = 1;
}

/** In our own process group and terminal, so that an interactive shell in the sandbox works: Ctrl-C reaches it by itself. */
function runChild(command, args) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    // The terminal sends these to the whole process group: the child has them already.
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP']) process.on(signal, () => undefined);
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.on('error', failed);
    child.on('close', (code, signal) => done(code ?? 128 + constants.signals[signal]));
  });
}
