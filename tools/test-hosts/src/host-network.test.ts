import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultNetwork, hostsFile, planNetwork } from './host-network.ts';

test('the switch has the first address, hosts those from the tenth on', () => {
  assert.deepEqual(planNetwork(defaultNetwork, ['m1', 'n1']), {
    cidr: '10.77.0.0/24',
    prefixLength: 24,
    switchAddress: '10.77.0.1',
    cables: [
      { host: 'm1', address: '10.77.0.10', mac: '02:ec:00:00:00:0a', port: 'p0' },
      { host: 'n1', address: '10.77.0.11', mac: '02:ec:00:00:00:0b', port: 'p1' },
    ],
  });
});

test('a network without room for all hosts, or none at all, is refused', () => {
  const many = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `n${index}`);
  assert.equal(planNetwork('10.77.0.0/24', many(245)).cables.at(-1)?.address, '10.77.0.254');
  const table: [string, readonly string[]][] = [
    ['10.77.0.0/24', many(246)],
    ['10.77.0.0/28', many(6)],
    ['10.77.0.0/31', many(1)],
    ['fd00::/64', many(1)],
    ['10.77.0.0', many(1)],
    ['everywhere', many(1)],
  ];
  for (const [cidr, hosts] of table) {
    assert.throws(() => planNetwork(cidr, hosts), { code: 'INVALID_INPUT' }, `${cidr} ${hosts.length}`);
  }
});

test('more than 256 hosts have different hardware addresses', () => {
  const hosts = Array.from({ length: 600 }, (_, index) => `n${index}`);
  const macs = planNetwork('10.76.0.0/16', hosts).cables.map(({ mac }) => mac);
  assert.equal(new Set(macs).size, 600);
  for (const mac of macs) assert.match(mac, /^02(:[0-9a-f]{2}){5}$/);
});

test('every host knows the names of all', () => {
  assert.equal(
    hostsFile(planNetwork(defaultNetwork, ['m1', 'n1'])),
    '127.0.0.1 localhost\n::1 localhost\n10.77.0.10 m1\n10.77.0.11 n1\n',
  );
});
