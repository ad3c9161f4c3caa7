/** The machine goes down and comes up again: Ready from disk, without a new certificate. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../src/eventually.ts';
import { insideProcesses } from '../../src/inside-processes.ts';
import { ledgerSerials, listIssued } from '../../src/issued.ts';
import { step } from '../../src/step.ts';
import { machine } from './cluster.ts';

step('a reboot', machine, () => {
  let serials: readonly string[] = [];

  test('npm stop stops everything', async () => {
    serials = (await listIssued(machine)).map(({ serial }) => serial);
    await machine.stop();
    assert.deepEqual(insideProcesses(machine), []);
    assert.equal((await machine.json<{ isRunning: boolean }>(['status'], [1])).isRunning, false);
  });

  test('npm start is Ready again, without the CA issuing anything', async () => {
    await machine.start();
    const ready = '{.items[*].status.conditions[?(@.type=="Ready")].status}';
    assert.equal(await machine.mustKubectl(['get', 'nodes', '-o', `jsonpath=${ready}`]), 'True');
    assert.deepEqual(
      (await listIssued(machine)).map(({ serial }) => serial),
      serials,
    );
    assert.deepEqual([...(await ledgerSerials(machine))].sort(), [...serials].sort());
  });

  test('the workloads run again', async () => {
    await machine.mustKubectl(['rollout', 'status', 'deployment/web', '--timeout=90s'], { timeoutMs: 120_000 });
    const answer = await eventually(
      'the Service',
      () => machine.mustKubectl(['exec', 'client', '--', 'timeout', '5', 'wget', '-qO-', 'http://web/']),
      {
        timeoutMs: 90_000,
      },
    );
    assert.match(answer, /^web-/);
  });
});
