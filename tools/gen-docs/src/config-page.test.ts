import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeOverrideKeys } from '@easycerts/cluster';
import { configPage, nodeConfigPage } from './config-page.ts';

test('every option says what it means', () => {
  const silent = configPage()
    .split('\n')
    .filter((line) => /^\| `[\w.]+` \|.*\| +\|$/.test(line));
  assert.deepEqual(silent, []);
});

test('the page of node.yaml has every key that may stand there, and each is one of cluster.yaml', () => {
  const rowsOf = (text: string) => text.split('\n').flatMap((line) => /^\| `([\w.]+)` \|/.exec(line)?.[1] ?? []);
  const keys = Object.entries(nodeOverrideKeys).flatMap(([name, inner]) =>
    inner === true ? [name] : inner.map((key) => `${name}.${key}`),
  );
  const rows = rowsOf(nodeConfigPage());
  const ofCluster = new Set(rowsOf(configPage()));
  for (const key of keys)
    assert.ok(
      rows.some((row) => row === key || row.startsWith(`${key}.`)),
      key,
    );
  for (const row of rows) {
    assert.ok(
      keys.some((key) => row === key || row.startsWith(`${key}.`)),
      row,
    );
    assert.ok(ofCluster.has(row), row);
  }
});
