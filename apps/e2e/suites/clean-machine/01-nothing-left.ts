/** A cluster comes and goes, and the machine is as it was: while it runs but for one interface, afterwards entirely. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { MachineSnapshot } from '../../src/machine-snapshot.ts';
import { takeSnapshot } from '../../src/machine-snapshot.ts';
import { runFolder } from '../../src/place.ts';
import { runCommand } from '../../src/run-command.ts';
import { step } from '../../src/step.ts';
import { assertRefused, assertUntouched, machine } from './cluster.ts';

step('nothing is left', machine, () => {
  let untouched: MachineSnapshot = {};
  before(async () => {
    untouched = await takeSnapshot(machine.data);
  });

  test('while it runs, rules, settings and folders of the machine are as they were', async () => {
    await machine.start();
    const now = await takeSnapshot(machine.data);
    for (const aspect of ['rules', 'network namespaces', 'iptables', 'nftables', 'settings', 'folders']) {
      assert.deepEqual(now[aspect], untouched[aspect], aspect);
    }
    const links = (now.links ?? []).filter((link) => !untouched.links?.includes(link));
    assert.equal(links.length, 1, `new interfaces: ${links.join(', ')}`);
  });

  test('after npm stop nothing runs and nothing is mounted, and stopping again does nothing', async () => {
    await machine.stop();
    await assertUntouched(machine, untouched);
    assert.match(await machine.stop(), /nothing runs/);
  });

  test('after npm run reset the data are gone too, and resetting again does nothing', async () => {
    await machine.reset();
    assert.equal(existsSync(machine.data), false);
    await assertUntouched(machine, untouched);
    await machine.reset();
  });

  test('npm run reset does not remove a folder that is not ours', async () => {
    const folder = join(runFolder(), 'somebody-elses');
    mkdirSync(folder);
    writeFileSync(join(folder, 'precious'), 'x');
    const env = { ...machine.env, EASYCERTS_DATA_DIR: folder };
    assertRefused(await runCommand(['npm', 'run', '--silent', 'reset'], { env }), { code: 1, says: [folder] });
    assertRefused(await runCommand(['npm', 'start', '--silent', '--', '--detach'], { env }), {
      code: 1,
      says: [folder],
    });
    assert.ok(existsSync(join(folder, 'precious')));
  });
});
