import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostAddressesOf, isReachableAddress, peerAddressOf, sourceOf } from './peer-address.ts';

const peers: Readonly<Record<string, string | undefined>> = {
  '192.0.2.11:52044': '192.0.2.11',
  '::ffff:192.0.2.11:52044': '192.0.2.11',
  '2001:db8::9:52044': '2001:db8::9',
  '[2001:DB8::9]:52044': '2001:db8::9',
  'fe80::1%eth0:52044': 'fe80::1',
  '127.0.0.1:1': '127.0.0.1',
  unknown: undefined,
  '': undefined,
  'unix:/run/x': undefined,
};
for (const [peer, address] of Object.entries(peers)) {
  test(`the address of ${JSON.stringify(peer)} is ${address}`, () => assert.equal(peerAddressOf(peer), address));
}

test('a source is an address, or a network of 64 bits; what cannot be told apart is one', () => {
  assert.equal(sourceOf('192.0.2.11'), '192.0.2.11');
  assert.notEqual(sourceOf('192.0.2.11'), sourceOf('192.0.2.12'));
  assert.equal(sourceOf('2001:db8:0:1::1'), sourceOf('2001:db8:0:1:ffff::2'));
  assert.notEqual(sourceOf('2001:db8:0:1::1'), sourceOf('2001:db8:0:2::1'));
  assert.equal(sourceOf(undefined), 'unknown');
});

const unreachable = [
  '127.0.0.1',
  '127.9.9.9',
  '::1',
  '0.0.0.0',
  '0.1.2.3',
  '::',
  '169.254.1.1',
  'fe80::1',
  '224.0.0.1',
];
for (const address of [...unreachable, '255.255.255.255', 'ff02::1', 'localhost', '']) {
  test(`others reach no host by ${JSON.stringify(address)}`, () => assert.equal(isReachableAddress(address), false));
}
for (const address of ['192.0.2.11', '10.0.0.1', '223.255.255.255', '2001:db8::1', 'fd00::1']) {
  test(`others may reach a host by ${address}`, () => assert.equal(isReachableAddress(address), true));
}

test('a host has the address that is seen, and those of its token', () => {
  const known = { observed: '192.0.2.11', ofToken: ['10.0.0.1', '192.0.2.11'], ofMaster: [] };
  assert.deepEqual(hostAddressesOf(known), ['192.0.2.11', '10.0.0.1']);
});

test("no host has an address of the master's, nor one by which nobody reaches it", () => {
  const ofMaster = ['192.0.2.1', '2001:db8::1'];
  assert.deepEqual(hostAddressesOf({ observed: '192.0.2.1', ofToken: ['2001:db8::1'], ofMaster }), []);
  assert.deepEqual(hostAddressesOf({ observed: '127.0.0.1', ofToken: [], ofMaster }), []);
  assert.deepEqual(hostAddressesOf({ observed: undefined, ofToken: ['10.0.0.1'], ofMaster }), ['10.0.0.1']);
});
