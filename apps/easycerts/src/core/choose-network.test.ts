import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlaps, parseCidr } from '@easycerts/cluster';
import { chooseNetwork } from './choose-network.ts';

const valid = { id: '3fa9c1', taken: ['192.0.2.0/24', '10.1.0.0/16', '10.0.0.0/24'] };

test('both ends get an address of one private /30', () => {
  const network = chooseNetwork(valid);
  assert.ok(network);
  assert.match(network.cidr, /^10\.231\.\d+\.\d+\/30$/);
  assert.notEqual(network.machineAddress, network.sandboxAddress);
  assert.equal(network.prefixLength, 30);
});

test('the same question has the same answer, another instance another one', () => {
  assert.deepEqual(chooseNetwork(valid), chooseNetwork(valid));
  assert.notDeepEqual(chooseNetwork(valid), chooseNetwork({ ...valid, id: '000001' }));
});

test('the choice of the last start is kept while it is free', () => {
  assert.equal(chooseNetwork({ ...valid, previous: '10.231.7.4/30' })?.cidr, '10.231.7.4/30');
});

const collisions: readonly [string, readonly string[]][] = [
  ['a route to the first range', ['10.231.0.0/16']],
  ['a route to all of 10/8', ['10.0.0.0/8']],
  ['routes to 10/8 and to carrier-grade NAT', ['10.0.0.0/8', '100.64.0.0/10']],
  ['a host route inside the first choice', [`${chooseNetwork(valid)?.sandboxAddress}/32`]],
  ['routes to all but the last range', ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12']],
];
for (const [name, taken] of collisions) {
  test(`nothing chosen overlaps ${name}`, () => {
    const chosen = parseCidr(chooseNetwork({ ...valid, taken })?.cidr ?? '');
    assert.ok(chosen);
    for (const other of taken) {
      const network = parseCidr(other);
      assert.ok(network && !overlaps(chosen, network), `${other} is left alone`);
    }
  });
}

test('the last choice is given up when it has become somebody else’s', () => {
  const chosen = chooseNetwork({ ...valid, taken: ['10.231.7.0/24'], previous: '10.231.7.4/30' });
  assert.notEqual(chosen?.cidr, '10.231.7.4/30');
  assert.ok(chosen);
});

test('a damaged last choice is as good as none', () => {
  for (const previous of ['', 'nonsense', '10.231.0.0/16', 'fd00::/30'])
    assert.deepEqual(chooseNetwork({ ...valid, previous }), chooseNetwork(valid));
});

test('there is no answer when every private range is taken', () => {
  assert.equal(chooseNetwork({ ...valid, taken: ['0.0.0.0/1', '128.0.0.0/1'] }), undefined);
});
