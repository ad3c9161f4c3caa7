import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseListening, unitOfCgroup } from './socket-table.ts';

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, state: string, inode: number): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

describe('parseListening', () => {
  test('finds who listens, and leaves connections out', () => {
    const table =
      head + row('0100007F:280A', '0A', 11) + row('00000000:1F90', '0A', 12) + row('0100007F:280A', '01', 13);
    assert.deepEqual(parseListening(table), [
      { port: 10_250, address: '127.0.0.1', inode: '11' },
      { port: 8080, address: '0.0.0.0', inode: '12' },
    ]);
  });

  test('reads IPv6', () => {
    const all = row('00000000000000000000000000000000:192B', '0A', 1);
    const one = row('0000000000000000FFFF00000100007F:0016', '0A', 2);
    assert.deepEqual(
      parseListening(head + all + one).map(({ address, port }) => [address, port]),
      [
        ['::', 6443],
        ['0:0:0:0:0:ffff:7f00:1', 22],
      ],
    );
  });

  test('an empty or cut table has nobody', () => {
    for (const text of ['', head, `${head}   0: 0100`]) assert.deepEqual(parseListening(text), []);
  });
});

describe('unitOfCgroup', () => {
  for (const [name, text, unit] of [
    ['v2', '0::/system.slice/kubelet.service\n', 'kubelet'],
    ['v1', '12:pids:/system.slice/etcd.service\n0::/\n', 'etcd'],
    ['a group below the unit', '0::/system.slice/containerd.service/x\n', 'containerd'],
    ['a host within a host', '0::/lab/n1/system.slice/kube-proxy.service\n', 'kube-proxy'],
    ['a session', '0::/user.slice/user-0.slice/session-1.scope\n', undefined],
    ['nothing', '', undefined],
  ] as const) {
    test(name, () => assert.equal(unitOfCgroup(text), unit));
  }
});
