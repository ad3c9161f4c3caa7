/** JSON Schemas of the events, from the catalogue. Open: fields may be added, so readers must accept unknown ones. */

import type { EventType } from '@easycerts/contracts';
import { eventCatalogue, typePrefix } from '@easycerts/contracts';
import { z } from 'zod';

/** The part of JSON Schema that the catalogue's types come to. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  readonly format?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** AsyncAPI takes draft 7 without further ado; elsewhere the newest one. */
export type Draft = 'draft-7' | 'draft-2020-12';

/** The schema of an event's `data`, as a reader meets it: with defaults filled in. */
export function dataSchemaOf(type: EventType, draft: Draft): JsonSchema {
  const schema = z.toJSONSchema(eventCatalogue[type].data, {
    target: draft,
    io: 'output',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      delete jsonSchema.default;
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  const { $schema: _, ...rest } = schema;
  return rest as JsonSchema;
}

/** The schema of a whole event: the CloudEvents envelope with its data. */
export function eventSchemaOf(type: EventType, draft: Draft): JsonSchema {
  const { summary } = eventCatalogue[type];
  return {
    title: type,
    description: summary,
    type: 'object',
    required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'data'],
    properties: {
      specversion: { const: '1.0' },
      id: {
        type: 'string',
        description: 'unique for the fact, the same when it is delivered again: `<type>:<subject>:<key>`',
      },
      source: { type: 'string', description: 'who says so: `/hosts/<host>/<service>`' },
      type: { const: `${typePrefix}${type}` },
      subject: { type: 'string', description: 'what it is about: the certificate, component, addon or host' },
      time: { type: 'string', format: 'date-time', description: 'when it happened, UTC' },
      datacontenttype: { const: 'application/json' },
      data: dataSchemaOf(type, draft),
    },
  };
}

/** One row a field, nested ones with their path (`problems[].path`). */
export interface SchemaField {
  readonly path: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly description: string;
  readonly allowed: readonly string[];
}

/** Every field of an object schema, depth first, in the order of the catalogue. */
export function fieldsOf(schema: JsonSchema, prefix = ''): readonly SchemaField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const row: SchemaField = {
      path,
      type: typeNameOf(field),
      isRequired: schema.required?.includes(name) ?? false,
      description: field.description ?? field.items?.description ?? '',
      allowed: field.enum ?? field.items?.enum ?? [],
    };
    const inner = field.items === undefined ? fieldsOf(field, `${path}.`) : fieldsOf(field.items, `${path}[].`);
    return [row, ...inner];
  });
}

function typeNameOf(schema: JsonSchema): string {
  if (schema.items !== undefined) return `list of ${typeNameOf(schema.items)}`;
  if (schema.const !== undefined) return 'constant';
  if (schema.format === 'date-time') return 'time';
  return schema.type ?? 'any';
}
