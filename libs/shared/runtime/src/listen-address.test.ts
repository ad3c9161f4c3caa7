import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'node:test';
import { listenAddressOf } from './listen-address.ts';

const address = (family: 'IPv4' | 'IPv6'): NetworkInterfaceInfo => {
  const common = { netmask: '', mac: '', internal: false, cidr: null };
  return family === 'IPv4'
    ? { ...common, family, address: '192.0.2.1' }
    : { ...common, family, address: '2001:db8::1', scopeid: 0 };
};
const both = { eth0: [address('IPv4'), address('IPv6')] };

const rows: readonly [string, Parameters<typeof listenAddressOf>[1], string][] = [
  ['localhost', both, '127.0.0.1'],
  ['127.0.0.1', both, '127.0.0.1'],
  ['::1', both, '127.0.0.1'],
  ['api.kube.example', both, '::'],
  ['192.0.2.1', both, '::'],
  ['192.0.2.1', { eth0: [address('IPv4')] }, '0.0.0.0'],
  ['192.0.2.1', {}, '0.0.0.0'],
];
for (const [masterAddress, interfaces, expected] of rows) {
  test(`a master at ${masterAddress} with ${Object.values(interfaces ?? {}).flat().length} addresses listens on ${expected}`, () => {
    assert.equal(listenAddressOf({ masterAddress }, interfaces), expected);
  });
}

test('by default the interfaces are those of this host', () => {
  assert.ok(['::', '0.0.0.0'].includes(listenAddressOf({ masterAddress: '192.0.2.1' })));
});
