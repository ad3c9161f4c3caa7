/**
 * A lock between processes that can't be left behind, for a Node without node:sqlite: flock(2) on a folder, taken by the program
 * `flock` of util-linux on a descriptor of ours. The lock belongs to what is open, so whoever inherits the descriptor holds it too, and
 * the kernel lets go of it when the last of them has ended, however that happens.
 */

import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';

/** What `flock --nonblock` ends with when another holds the lock (flock(1)). */
const heldByAnother = 1;

/**
 * Runs `work` while nobody else holds the folder; `work` gets the descriptor, for the children that shall hold it as well.
 * Where there is no `flock` (it is part of every Linux), it runs without a lock.
 * @template T
 * @param {{folder: string, env: NodeJS.ProcessEnv, onWait: () => void}} options
 * @param {(descriptor: number) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withFolderLock({ folder, env, onWait }, work) {
  const held = await open(folder, 'r');
  try {
    if ((await flock(['--nonblock'], held.fd, env)) === heldByAnother) {
      onWait();
      await flock([], held.fd, env);
    }
    return await work(held.fd);
  } finally {
    await held.close();
  }
}

/**
 * Exit code of `flock` on a descriptor; undefined when it could not be run.
 * @param {readonly string[]} options
 * @param {number} descriptor
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number | undefined>}
 */
function flock(options, descriptor, env) {
  return new Promise((resolve) => {
    const child = spawn('flock', [...options, '3'], { env, stdio: ['ignore', 'ignore', 'ignore', descriptor] });
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code ?? undefined));
  });
}
