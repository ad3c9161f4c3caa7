import assert from 'node:assert/strict';
import test from 'node:test';
import { eventTypes, exampleEventOf } from '@easycerts/contracts';
import { z } from 'zod';
import { dataSchemaOf, eventSchemaOf, fieldsOf } from './event-schema.ts';

for (const type of eventTypes) {
  test(`the example of ${type} is valid by its published JSON Schema`, () => {
    const schema = z.fromJSONSchema(eventSchemaOf(type, 'draft-2020-12') as z.core.JSONSchema.JSONSchema);
    assert.deepEqual(schema.parse(exampleEventOf(type).event), exampleEventOf(type).event);
  });

  test(`an event of ${type} with a field of a later version is valid, one of another type is not`, () => {
    const schema = z.fromJSONSchema(eventSchemaOf(type, 'draft-7') as z.core.JSONSchema.JSONSchema);
    const { event } = exampleEventOf(type);
    assert.ok(schema.safeParse({ ...event, traceparent: 'x', data: { ...event.data, later: 1 } }).success);
    assert.ok(!schema.safeParse({ ...event, type: 'easycerts.other' }).success);
    assert.ok(!schema.safeParse({ ...event, data: {} }).success);
    assert.ok(!schema.safeParse({ ...event, specversion: '0.3' }).success);
  });
}

test('fields of nested lists have their path', () => {
  const paths = fieldsOf(dataSchemaOf('config.rejected', 'draft-2020-12')).map(({ path }) => path);
  assert.deepEqual(paths, ['host', 'problems', 'problems[].path', 'problems[].message']);
});

test('a field with a default is always there for a reader', () => {
  const subject = fieldsOf(dataSchemaOf('bus.refused', 'draft-7')).find(({ path }) => path === 'subject');
  assert.equal(subject?.isRequired, true);
});
