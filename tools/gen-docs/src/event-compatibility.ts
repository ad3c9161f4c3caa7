/** Events are a public interface: types and fields are only ever added. Compares the catalogue with the released one. */

import type { EventScope, EventType } from '@easycerts/contracts';
import { eventCatalogue, eventTypes } from '@easycerts/contracts';
import { dataSchemaOf, type JsonSchema } from './event-schema.ts';

/** What was promised of each event: where it is published and its data. */
export type EventContract = Readonly<Record<string, { readonly scope: EventScope; readonly data: JsonSchema }>>;

/** The released catalogue, kept below the workspace. */
export const releasedEvents = 'vectors/events/released.json';

/** The contract of the catalogue as it is now, without words for people. */
export function currentEvents(): EventContract {
  const contractOf = (type: EventType): EventContract[string] => ({
    scope: eventCatalogue[type].scope,
    data: withoutDescriptions(dataSchemaOf(type, 'draft-2020-12')),
  });
  return Object.fromEntries(eventTypes.map((type) => [type, contractOf(type)]));
}

/** What a reader of the released events could not read any more; empty when only something was added. */
export function incompatibilities(released: EventContract, current: EventContract): readonly string[] {
  return Object.entries(released).flatMap(([type, before]) => {
    const now = current[type];
    if (now === undefined) return [`${type}: the event is gone`];
    const scope = now.scope === before.scope ? [] : [`${type}: scope ${before.scope} has become ${now.scope}`];
    return [...scope, ...schemaChanges(`${type}: data`, before.data, now.data)];
  });
}

function schemaChanges(where: string, before: JsonSchema, now: JsonSchema): readonly string[] {
  if (before.type !== now.type) return [`${where}: ${before.type ?? 'any'} has become ${now.type ?? 'any'}`];
  return [
    ...(before.format === now.format
      ? []
      : [`${where}: format ${before.format ?? 'none'} has become ${now.format ?? 'none'}`]),
    ...(before.enum === undefined || now.enum !== undefined ? [] : [`${where}: is no longer one of a list of words`]),
    ...(before.enum ?? [])
      .filter((word) => now.enum !== undefined && !now.enum.includes(word))
      .map((word) => `${where}: the word ${word} is gone`),
    ...propertyChanges(where, before, now),
    ...(before.items === undefined ? [] : schemaChanges(`${where}[]`, before.items, now.items ?? {})),
  ];
}

function propertyChanges(where: string, before: JsonSchema, now: JsonSchema): readonly string[] {
  return Object.entries(before.properties ?? {}).flatMap(([name, field]) => {
    const found = now.properties?.[name];
    if (found === undefined) return [`${where}.${name}: the field is gone`];
    const wasRequired = before.required?.includes(name) ?? false;
    const isRequired = now.required?.includes(name) ?? false;
    const weaker = wasRequired && !isRequired ? [`${where}.${name}: was always there, now it is optional`] : [];
    return [...weaker, ...schemaChanges(`${where}.${name}`, field, found)];
  });
}

function withoutDescriptions(schema: JsonSchema): JsonSchema {
  const { description: _, title: __, items, properties, ...rest } = schema;
  const inner = Object.entries(properties ?? {}).map(([name, field]) => [name, withoutDescriptions(field)]);
  return {
    ...rest,
    ...(items === undefined ? {} : { items: withoutDescriptions(items) }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(inner) }),
  };
}
