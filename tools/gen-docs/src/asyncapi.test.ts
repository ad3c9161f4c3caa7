import assert from 'node:assert/strict';
import test from 'node:test';
import { eventTypes } from '@easycerts/contracts';
import { asyncApiDocument } from './asyncapi.ts';

const document = asyncApiDocument('0.1.0');

test('every reference leads somewhere inside the document', () => {
  const refs = referencesIn(document);
  assert.ok(refs.length >= eventTypes.length * 4);
  for (const ref of refs) assert.notEqual(resolve(ref), undefined, ref);
});

test('every event has a channel, an operation, a message and a schema', () => {
  const { channels, operations, components } = document as Readonly<Record<string, Readonly<Record<string, object>>>>;
  for (const part of [channels, operations, components?.messages, components?.schemas]) {
    assert.deepEqual(Object.keys(part ?? {}), eventTypes);
  }
});

test('every parameter of an address is declared and no other', () => {
  const channels = Object.values(
    document.channels as Readonly<Record<string, { address: string; parameters?: object }>>,
  );
  for (const { address, parameters } of channels) {
    const inAddress = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(Object.keys(parameters ?? {}), inAddress, address);
  }
});

test('keys are of the form that the specification allows', () => {
  for (const type of eventTypes) assert.match(type, /^[a-zA-Z0-9.\-_]+$/);
});

function referencesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner),
  );
}

function resolve(ref: string): unknown {
  const keys = ref.replace(/^#\//, '').split('/');
  return keys.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    document,
  );
}
