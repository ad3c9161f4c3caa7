import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { currentEvents, type EventContract, incompatibilities, releasedEvents } from './event-compatibility.ts';

const workspace = join(import.meta.dirname, '../../..');
const current = currentEvents();

test('the catalogue keeps what was released', async () => {
  const released = JSON.parse(await readFile(join(workspace, releasedEvents), 'utf8')) as EventContract;
  assert.ok(Object.keys(released).length > 20);
  assert.deepEqual(incompatibilities(released, current), []);
});

test('adding an event, a field or a word is compatible', () => {
  const data = {
    type: 'object',
    properties: { reason: { type: 'string', enum: ['a'] } },
    required: ['reason'],
  } as const;
  const more = {
    type: 'object',
    properties: { reason: { type: 'string', enum: ['a', 'b'] }, peer: { type: 'string' } },
    required: ['reason', 'peer'],
  } as const;
  const later: EventContract = { 'x.done': { scope: 'host', data: more }, 'y.done': { scope: 'audit', data } };
  assert.deepEqual(incompatibilities({ 'x.done': { scope: 'host', data } }, later), []);
});

const changes: readonly [name: string, change: (contract: Writable) => void, expected: RegExp][] = [
  ['removing an event', (contract) => delete contract['certificate.issued'], /certificate\.issued: the event is gone/],
  [
    'moving an event to another scope',
    (contract) => set(contract, 'certificate.issued', 'scope', 'host'),
    /scope cluster has become host/,
  ],
  [
    'removing a field',
    (contract) => delete fields(contract, 'certificate.issued').serial,
    /data\.serial: the field is gone/,
  ],
  [
    'making a field optional',
    (contract) => drop(contract, 'certificate.issued', 'serial'),
    /data\.serial: was always there, now it is optional/,
  ],
  [
    'changing the type of a field',
    (contract) => set(fields(contract, 'certificate.issued'), 'serial', 'type', 'integer'),
    /data\.serial: string has become integer/,
  ],
  [
    'changing the format of a field',
    (contract) => set(fields(contract, 'certificate.issued'), 'notAfter', 'format', 'date'),
    /data\.notAfter: format date-time has become date/,
  ],
  [
    'removing a word of a closed list',
    (contract) => set(fields(contract, 'certificate.refused'), 'reason', 'enum', ['stale']),
    /data\.reason: the word unauthenticated is gone/,
  ],
  [
    'opening a closed list',
    (contract) => delete fields(contract, 'certificate.refused').reason?.enum,
    /data\.reason: is no longer one of a list of words/,
  ],
  [
    'changing what a list holds',
    (contract) => set(fields(contract, 'certificate.issued'), 'dnsNames', 'items', { type: 'integer' }),
    /data\.dnsNames\[\]: string has become integer/,
  ],
];

for (const [name, change, expected] of changes) {
  test(`${name} is found`, () => {
    const later = structuredClone(current) as unknown as Writable;
    change(later);
    assert.match(incompatibilities(current, later as unknown as EventContract).join('\n'), expected);
  });
}

type Writable = Record<string, Record<string, unknown>>;

function dataOf(contract: Writable, type: string): { properties: Writable; required: string[] } {
  return contract[type]?.data as { properties: Writable; required: string[] };
}

function fields(contract: Writable, type: string): Writable {
  return dataOf(contract, type).properties;
}

function drop(contract: Writable, type: string, field: string): void {
  const data = dataOf(contract, type);
  data.required = data.required.filter((name) => name !== field);
}

function set(of: Writable, name: string, key: string, value: unknown): void {
  const target = of[name];
  assert.ok(target);
  target[key] = value;
}
