/** Runs the job as a child: signals go to it once, its exit code comes back. */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * What is passed on. SIGWINCH: the child sits in a session of its own and would not hear of it otherwise.
 * @type {readonly NodeJS.Signals[]}
 */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'];
/**
 * One Ctrl-C arrives more than once: from the terminal, and again from npm, which passes on its own. Repetitions within
 * this time are one; a person who presses it again means it.
 */
const repetitionMs = 700;

/**
 * Resolves with the exit code of the child, 128 + number when a signal ended it. The child runs in a session of its own, so
 * that Ctrl-C reaches it through us only, and once.
 * @param {{command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv}} options
 * @returns {Promise<number>}
 */
export function runChild({ command, args, cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit', detached: true });
    const stopForwarding = forwardSignals((signal) => child.kill(signal));
    child.on('error', (error) => {
      stopForwarding();
      reject(error);
    });
    child.on('close', (code, signal) => {
      stopForwarding();
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}

/**
 * Calls back for every signal that is passed on, until the returned function is called.
 * @param {(signal: NodeJS.Signals) => void} send
 */
function forwardSignals(send) {
  const lastMs = new Map();
  const listeners = forwarded.map(
    /** @returns {[NodeJS.Signals, () => void]} */ (signal) => {
      const listener = () => {
        const nowMs = performance.now();
        const isRepetition = signal !== 'SIGWINCH' && nowMs - (lastMs.get(signal) ?? -Infinity) < repetitionMs;
        if (isRepetition) return;
        lastMs.set(signal, nowMs);
        send(signal);
      };
      process.on(signal, listener);
      return [signal, listener];
    },
  );
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
