/** Everything dies at once, as when the power fails: the next start goes on from disk. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { eventually } from '../../src/eventually.ts';
import { insideProcesses, sandboxInit } from '../../src/inside-processes.ts';
import { listIssued } from '../../src/issued.ts';
import { step } from '../../src/step.ts';
import { ensureStarted, machine } from './cluster.ts';

step('power failure', machine, () => {
  let serials: readonly string[] = [];
  before(ensureStarted);

  test('kill -9 of everything', async () => {
    serials = (await listIssued(machine)).map(({ serial }) => serial);
    await machine.mustKubectl(['create', 'configmap', 'written-just-before', '--from-literal=a=b']);
    const init = sandboxInit(machine);
    assert.ok(init);
    // PID 1 of a namespace takes all others with it, without asking them.
    process.kill(init, 'SIGKILL');
    await eventually('everything dead', () => insideProcesses(machine).length === 0);
  });

  test('status says so', async () => {
    assert.equal((await machine.json<{ isRunning: boolean }>(['status'], [1])).isRunning, false);
  });

  test('start: Ready, with everything that was written, and no certificate issued anew', async () => {
    await machine.start();
    assert.equal(
      await machine.mustKubectl(['get', 'configmap', 'written-just-before', '-o', 'jsonpath={.data.a}']),
      'b',
    );
    assert.deepEqual(
      (await listIssued(machine)).map(({ serial }) => serial),
      serials,
    );
  });
});
