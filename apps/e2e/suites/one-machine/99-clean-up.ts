/** Everything of the suite goes away again. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { step } from '../../src/step.ts';
import { machine } from './cluster.ts';

step('npm run reset', machine, () => {
  test('stops the cluster and removes its data', async () => {
    await machine.reset();
    assert.equal(existsSync(machine.data), false);
  });
});
