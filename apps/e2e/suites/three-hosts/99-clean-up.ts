/** The hosts of the suite go away, and with them everything that was on them. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { dataDirectory } from '../../src/place.ts';
import { step } from '../../src/step.ts';
import { cluster } from './cluster.ts';

step('hosts are taken down', cluster, () => {
  test('neither disks nor network namespaces are left', async () => {
    await cluster.down();
    assert.equal(existsSync(dataDirectory(cluster.name)), false);
    const namespaces = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
    assert.deepEqual(
      namespaces.filter((name) => name.includes(cluster.group)),
      [],
    );
  });
});
