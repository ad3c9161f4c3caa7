/** Runs the job as a child: each signal reaches it once, its exit code comes back. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/**
 * What is passed on. SIGWINCH: a child in a session of its own would not hear of it otherwise.
 * @type {readonly NodeJS.Signals[]}
 */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'];
/**
 * One Ctrl-C arrives more than once: from the terminal, and again from npm, which passes on its own. Repetitions within
 * this time are one; a person who presses it again means it.
 */
const repetitionMs = 700;

/**
 * Resolves with the exit code of the child, 128 + number when a signal ended it.
 *
 * A child that is not interactive runs in a session of its own, so that a Ctrl-C reaches it through us only, and once. An
 * interactive one (a shell) needs the terminal and stays in our process group: what the terminal sends it gets by itself, so we
 * pass on only what came from elsewhere.
 * @param {{command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv, isInteractive?: boolean}} options
 * @returns {Promise<number>}
 */
export function runChild({ command, args, cwd, env, isInteractive = false }) {
  const hadTerminal = isForeground();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit', detached: !isInteractive });
    const stopForwarding = forwardSignals((signal) => {
      if (!isInteractive || !isFromTerminal(signal, hadTerminal)) child.kill(signal);
    });
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
 * Whether the kernel has sent the signal to our whole process group. A hang-up takes the terminal away before we can look.
 * @param {NodeJS.Signals} signal
 * @param {boolean} hadTerminal
 */
function isFromTerminal(signal, hadTerminal) {
  if (signal === 'SIGHUP') return hadTerminal;
  return ['SIGINT', 'SIGQUIT', 'SIGWINCH'].includes(signal) && isForeground();
}

/** Whether we are in the foreground of a terminal: proc(5), fields pgrp, tty_nr and tpgid of /proc/self/stat. */
function isForeground() {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return terminal !== '0' && foreground === group;
  } catch {
    return false;
  }
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
