/** The cluster of this suite, and what its tests have in common. */

import assert from 'node:assert/strict';
import type { Cluster } from '../../src/cluster.ts';
import { cluster } from '../../src/cluster.ts';
import { insideProcesses } from '../../src/inside-processes.ts';
import type { MachineSnapshot } from '../../src/machine-snapshot.ts';
import { processesOf, takeSnapshot } from '../../src/machine-snapshot.ts';
import type { Ended } from '../../src/run-command.ts';
import { describe } from '../../src/run-command.ts';

export const machine = cluster('clean-machine');

/** Starts the cluster unless an earlier step left it running. */
export async function ensureStarted(): Promise<void> {
  const { isReady } = await machine.json<{ readonly isReady: boolean }>(['status'], [0, 1]);
  if (!isReady) await machine.start();
}

/** Whether the machine looks as it did, and nothing runs. */
export async function assertUntouched(of: Cluster, before: MachineSnapshot): Promise<void> {
  assert.deepEqual(await takeSnapshot(of.data), before);
  assert.deepEqual(insideProcesses(of), []);
  assert.deepEqual(processesOf(of.data), []);
}

/** One clear message: these words, what to do, the exit code, and no stack of a program that broke. */
export function assertRefused(
  ended: Ended,
  expected: { readonly code: number; readonly says: readonly (string | RegExp)[] },
): void {
  const said = ended.stdout + ended.stderr;
  assert.equal(ended.code, expected.code, describe(ended));
  for (const words of expected.says) {
    assert.ok(typeof words === 'string' ? said.includes(words) : words.test(said), `${String(words)} in:\n${said}`);
  }
  assert.doesNotMatch(said, /^\s+at .*:\d+:\d+\)?$/m, 'a stack trace');
}
