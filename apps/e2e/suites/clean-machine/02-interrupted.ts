/** Ctrl-C at any moment of a start stops all of it cleanly; the next start goes on. */

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../src/eventually.ts';
import type { MachineSnapshot } from '../../src/machine-snapshot.ts';
import { takeSnapshot } from '../../src/machine-snapshot.ts';
import { repository } from '../../src/place.ts';
import { collect, startCommand } from '../../src/run-command.ts';
import { step } from '../../src/step.ts';
import { assertUntouched, machine } from './cluster.ts';

/** The program itself in the foreground: npm between would take the signal for its own. */
function startInForeground(): ChildProcess {
  return startCommand([process.execPath, `${repository}/tools/run.mjs`, 'start'], { env: machine.env });
}

async function endOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

step('interrupted', machine, () => {
  let untouched: MachineSnapshot = {};
  before(async () => {
    untouched = await takeSnapshot(machine.data);
  });

  // Not to guess when something happens, but to break off in different places.
  for (const afterMs of [300, 1_500, 4_000, 8_000]) {
    test(`Ctrl-C ${afterMs} ms after the start leaves nothing running`, async () => {
      const child = startInForeground();
      const printed = collect(child);
      await sleep(afterMs);
      child.kill('SIGINT');
      const code = await endOf(child);
      assert.ok(code === 130 || code === 0, `exit code ${code}: ${printed().stderr}`);
      await assertUntouched(machine, untouched);
    });
  }

  test('it starts in the foreground after that, Ctrl-C stops it, and exit code 0 says that all is well', async () => {
    const child = startInForeground();
    const printed = collect(child);
    await eventually('ready', () => printed().stdout.includes('export KUBECONFIG='), { timeoutMs: 240_000 });
    assert.match(printed().stdout, /Ctrl-C/);
    child.kill('SIGINT');
    assert.ok([0, 130].includes((await endOf(child)) ?? -1));
    await assertUntouched(machine, untouched);
  });
});
