import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { identityOfStat } from './process-identity.ts';

const stat = '812 (node) S 1 812 812 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 254039 1 2';

test('a process is its number and the moment of its start', () => {
  assert.deepEqual(identityOfStat(stat), { pid: 812, startTicks: '254039' });
});
test('a name with parentheses and spaces changes nothing', () => {
  assert.deepEqual(identityOfStat(stat.replace('(node)', '(a) S 1 (b)')), identityOfStat(stat));
});
test('a zombie is no process', () => {
  for (const state of ['Z', 'X']) assert.equal(identityOfStat(stat.replace(') S', `) ${state}`)), undefined);
});
test('damaged text is no process', () => {
  for (const text of ['', '812', '812 (node)', 'x (y) S 1']) assert.equal(identityOfStat(text), undefined);
});
test('the kernel writes it like this', () => {
  assert.equal(identityOfStat(readFileSync('/proc/self/stat', 'utf8'))?.pid, process.pid);
});
