import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenersOf } from './socket-table.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0
   1: 0100007F:192B 0100007F:D000 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0
   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0`;

test('the socket that listens is found, connections are not', () =>
  assert.deepEqual(listenersOf(table, 6443), ['4711']));
test('short port numbers are found', () => assert.deepEqual(listenersOf(table, 80), ['4713']));
test('a free port has none', () => assert.deepEqual(listenersOf(table, 2379), []));
test('IPv6 has the same form', () => {
  assert.deepEqual(listenersOf('0: 00000000000000000000000000000000:192B 0:0 0A 0:0 0:0 0 0 0 99', 6443), ['99']);
});
