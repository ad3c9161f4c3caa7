/** A second start of the same cluster is refused, and the first does not notice. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insideProcesses, sandboxInit } from '../../src/inside-processes.ts';
import { runCommand } from '../../src/run-command.ts';
import { step } from '../../src/step.ts';
import { assertRefused, machine } from './cluster.ts';

step('twice', machine, () => {
  test('the second start says that the first runs, and how to stop it', async () => {
    await machine.start();
    const init = sandboxInit(machine);
    const second = await runCommand(['npm', 'start', '--silent', '--', '--detach'], { env: machine.env });
    assertRefused(second, { code: 1, says: ['runs already', machine.data, /down/] });
    assert.equal(sandboxInit(machine), init);
    assert.ok(insideProcesses(machine).length > 10);
    assert.equal(await machine.mustKubectl(['get', '--raw', '/readyz']), 'ok');
  });

  test('two starts at the same moment: one of them wins', async () => {
    await machine.stop();
    const both = await Promise.all(
      [0, 1].map(() => runCommand(['npm', 'start', '--silent', '--', '--detach'], { env: machine.env })),
    );
    assert.deepEqual(both.map(({ code }) => code).sort(), [0, 1]);
    assert.equal(await machine.mustKubectl(['get', '--raw', '/readyz']), 'ok');
  });
});
