import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeNodeDocument, nodeDocumentOf, parseClusterConfig } from '@easycerts/cluster';
import { type HostsEntry, sortHosts } from './registered-nodes.ts';

const record = { name: 'n1', roles: ['node'], addresses: ['192.0.2.11'], revoked: false };
const storedAt = new Date('2020-01-01T12:00:00Z');
const entry = (key: string, value: unknown): HostsEntry => ({
  key,
  value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  revision: 3,
  storedAt,
});

test('a node of the register is given its document, with nothing that the register says beside its record', () => {
  const { nodes } = sortHosts([entry('n1.record', { ...record, enrolment: { requestId: 'x' } })]);
  assert.deepEqual(nodes, [{ name: 'n1', roles: ['node'], addresses: ['192.0.2.11'] }]);
});

const outside: readonly [string, string, unknown, 'gone' | 'kept'][] = [
  ['a revoked host', 'n1.record', { ...record, revoked: true }, 'gone'],
  ['a master', 'n1.record', { ...record, roles: ['master', 'node'] }, 'gone'],
  ['nobody', 'other.thing', {}, 'gone'],
  ['half a record', 'n1.record', '{"name":"n1"', 'kept'],
  ['a record that does not say whether it is revoked', 'n1.record', { ...record, revoked: undefined }, 'kept'],
  ['a record with another name', 'n1.record', { ...record, name: 'n2' }, 'kept'],
  ['a record with an unknown role', 'n1.record', { ...record, roles: ['queen'] }, 'kept'],
  ['a record whose name is none', 'a.b.record', { ...record, name: 'a.b' }, 'gone'],
];
for (const [who, key, value, document] of outside) {
  test(`${who} is given nothing, and an older document is ${document}`, () => {
    const { gone, nodes } = sortHosts([entry(key, value), entry('n1.config', { digest: 'd' })]);
    assert.deepEqual([nodes, gone], [[], document === 'gone' ? ['n1'] : []]);
  });
}

test('documents are known by digest, revision, time, and the rollout that brought them', () => {
  const config = parseClusterConfig('roles: [master]\nmasterAddress: 192.0.2.1', 'x');
  const document = nodeDocumentOf(config, { name: 'n1', roles: ['node'], addresses: [] });
  const rollout = '2020-01-01T12:00:00.000Z';
  const known = { digest: document.digest, revision: 3, writtenAtMs: storedAt.getTime() };
  const of = (value: unknown) => sortHosts([entry('n1.config', value)]).documents.get('n1');
  assert.deepEqual(of(encodeNodeDocument(document)), known);
  assert.deepEqual(of(encodeNodeDocument(document, { rollout })), { ...known, rollout });
  assert.deepEqual(of('not JSON'), { ...known, digest: '' });
  assert.deepEqual(of({ digest: 7 }), { ...known, digest: '' });
});
