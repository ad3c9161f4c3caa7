import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadUsers } from '@easycerts/runtime';
import { chooseServiceManager } from './choose-service-manager.ts';

const directory = mkdtempSync(join(tmpdir(), 'choose-'));
after(() => rmSync(directory, { recursive: true }));

for (const [what, serviceManager, root, kind] of [
  ['a host with systemd uses it', 'systemd', '', 'systemd'],
  ['a host without systemd runs processes', 'process', '', 'process'],
  ['a cluster below another root runs processes, for systemd does not see its units', 'systemd', '/data', 'process'],
] as const) {
  test(what, async () => {
    const paths = { root, joinerState: join(directory, 'state'), logs: join(directory, 'log') };
    const manager = chooseServiceManager({ host: { serviceManager }, paths, users: loadUsers() });
    assert.equal(manager.kind, kind);
    await manager.close();
  });
}
