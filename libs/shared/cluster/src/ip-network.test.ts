import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressAt, canonicalIp, contains, formatIp, isLoopback, overlaps, parseCidr, parseIp } from './ip-network.ts';

test('addresses have one canonical text', () => {
  const rows: [string, string | undefined][] = [
    ['10.0.0.1', '10.0.0.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['fd00:0:0:1::', 'fd00:0:0:1::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['10.0.0.01', undefined],
    ['10.0.0', undefined],
    ['10.0.0.256', undefined],
    ['1::2::3', undefined],
    ['1:2:3:4:5:6:7', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['fe80::1%eth0', undefined],
    ['g::1', undefined],
    ['', undefined],
    ['localhost', undefined],
  ];
  for (const [text, canonical] of rows) assert.equal(canonicalIp(text), canonical, text);
});

test('the first service address is found by arithmetic, whatever the prefix', () => {
  const first = (cidr: string): string | undefined => {
    const network = parseCidr(cidr);
    const address = network && addressAt(network, 1n);
    return address && formatIp(address);
  };
  assert.equal(first('10.0.0.0/24'), '10.0.0.1');
  assert.equal(first('10.96.0.0/12'), '10.96.0.1');
  assert.equal(first('10.0.0.128/25'), '10.0.0.129');
  assert.equal(first('10.0.0.77/16'), '10.0.0.1');
  assert.equal(first('fd00:10:96::/112'), 'fd00:10:96::1');
  assert.equal(first('10.0.0.1/32'), undefined);
});

test('a negative index counts from the end', () => {
  const network = parseCidr('10.0.0.0/24');
  assert.ok(network);
  assert.deepEqual(addressAt(network, -2n), parseIp('10.0.0.254'));
  assert.equal(addressAt(network, -257n), undefined);
  assert.equal(addressAt(network, 256n), undefined);
});

test('what is not a network is not parsed as one', () => {
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', 'x/8', '::/129', '10.0.0.0/']) {
    assert.equal(parseCidr(text), undefined, text);
  }
});

test('networks overlap when they share an address', () => {
  const rows: [string, string, boolean][] = [
    ['10.0.0.0/24', '10.1.0.0/16', false],
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.1.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/25', '10.0.0.128/25', false],
    ['::/0', '10.0.0.0/8', false],
    ['fd00::/8', 'fd12::/16', true],
  ];
  for (const [one, other, expected] of rows) {
    const [a, b] = [parseCidr(one), parseCidr(other)];
    assert.ok(a && b);
    assert.equal(overlaps(a, b), expected, `${one} ${other}`);
  }
});

test('loopback and membership', () => {
  const network = parseCidr('10.0.0.0/24');
  const [inside, outside, home] = ['10.0.0.255', '10.0.1.0', '127.3.2.1'].map(parseIp);
  assert.ok(network && inside && outside && home);
  assert.equal(contains(network, inside), true);
  assert.equal(contains(network, outside), false);
  assert.equal(isLoopback(home), true);
  assert.equal(isLoopback(inside), false);
});
