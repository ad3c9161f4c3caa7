import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HostRecord, parseClusterConfig } from '@easycerts/cluster';
import { nodeAddressProblem } from './node-address.ts';

const record: HostRecord = { name: 'n1', roles: ['node'], addresses: ['192.0.2.11', '2001:db8::b'] };
const problemOf = (nodeIp: string | undefined, known = record) =>
  nodeAddressProblem(
    parseClusterConfig(
      `roles: [node]\nmasterAddress: 192.0.2.1\n${nodeIp === undefined ? '' : `kubelet: {nodeIp: "${nodeIp}"}`}`,
      'x',
      { node: {} },
    ),
    known,
  );

for (const [nodeIp, isFine] of [
  [undefined, true],
  ['192.0.2.11', true],
  ['2001:db8::b', true],
  ['2001:0db8:0::000b', true],
  ['192.0.2.12', false],
  ['2001:db8::c', false],
] as const) {
  test(`a node that calls itself ${nodeIp ?? 'nothing'} is ${isFine ? 'believed' : 'not believed'}`, () => {
    const problem = problemOf(nodeIp);
    assert.equal(problem?.path, isFine ? undefined : 'kubelet.nodeIp');
    if (!isFine) assert.match(problem?.message ?? '', /192\.0\.2\.11, .*ca token create --name n1 --address/);
  });
}

test('a host without addresses is told so', () => {
  assert.match(problemOf('192.0.2.11', { ...record, addresses: [] })?.message ?? '', /no address/);
});
