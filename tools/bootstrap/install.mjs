/** Runs `npm ci`, one at a time in a workspace, with a line that shows that something happens. */

import { spawn } from 'node:child_process';
import { withFolderLock } from './folder-lock.mjs';
import { whyInstall } from './installed.mjs';
import { Problem } from './problem.mjs';

/** Scripts of packages are not run: nothing here needs them, and what is not run cannot do harm. */
const npmArguments = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/**
 * Installs the dependencies where they are not what package-lock.json says. Of several callers at the same moment one installs, and
 * the others wait for it: also when it was killed and its npm still works.
 * @param {{root: string, env: NodeJS.ProcessEnv, out: {isTTY?: boolean, write(text: string): unknown}}} options
 */
export async function ensureInstalled({ root, env, out }) {
  if ((await whyInstall(root)) === undefined) return;
  const onWait = () => out.write('another process installs the dependencies: waiting for it\n');
  await withFolderLock({ folder: root, env, onWait }, async (lock) => {
    const why = await whyInstall(root);
    if (why !== undefined) await install({ root, why, env, out, lock });
  });
}

/**
 * Installs the dependencies. Throws a Problem with npm's own words when it fails.
 * @param {{root: string, why: string, env: NodeJS.ProcessEnv, out: {isTTY?: boolean, write(text: string): unknown}, lock?: number}} options
 */
export async function install({ root, why, env, out, lock }) {
  const beginning = `${why}: npm ci`;
  const startedMs = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedMs) / 1000)}s`;
  if (!out.isTTY) out.write(`${beginning} …\n`);
  const ticking = out.isTTY ? setInterval(() => out.write(`\r${beginning} … ${seconds()} `), 1000) : undefined;
  try {
    await runNpm(root, env, lock);
    out.write(`${out.isTTY ? '\r' : ''}${beginning}: done in ${seconds()}\n`);
  } catch (error) {
    if (out.isTTY) out.write('\n');
    throw error;
  } finally {
    clearInterval(ticking);
  }
}

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @param {number | undefined} lock descriptor that npm holds as long as it works
 * @returns {Promise<void>}
 */
function runNpm(root, env, lock) {
  // Under `npm run` this is the npm that was called; elsewhere the one on PATH.
  const own = env.npm_execpath?.endsWith('npm-cli.js') ? env.npm_execpath : undefined;
  const command = own === undefined ? 'npm' : process.execPath;
  const args = own === undefined ? npmArguments : [own, ...npmArguments];
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe', lock ?? 'ignore'] });
    /** @type {Buffer[]} */
    const words = [];
    child.stdout?.on('data', (chunk) => words.push(chunk));
    child.stderr?.on('data', (chunk) => words.push(chunk));
    child.on('error', (error) =>
      reject(
        'code' in error && error.code === 'ENOENT'
          ? new Problem('npm was not found', 'install npm (Debian: apt-get install npm), then run the command again')
          : error,
      ),
    );
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const ending = signal === null ? `exit code ${code}` : signal;
      const lastWords = Buffer.concat(words).toString().trimEnd().split('\n').slice(-20).join('\n');
      reject(
        new Problem(
          `npm ci failed (${ending})\n${lastWords}`,
          'see that the registry can be reached (npm config get registry) and that the disk is not full, then run it again',
        ),
      );
    });
  });
}
