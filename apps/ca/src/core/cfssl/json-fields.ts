/**
 * Reads JSON of a caller as Go's encoding/json does: absent and null are the zero value, another type is an error, and the case
 * of a field's name is no matter.
 */

import { perObject } from '@easycerts/core';
import { isObject, type JsonObject } from '../stored-json.ts';
import { badRequest } from './cfssl-error.ts';

/** The object in a body. `message`: what the caller hears when there is none. */
export function jsonObjectOf(text: string, message: string): JsonObject {
  try {
    const found: unknown = JSON.parse(text);
    if (isObject(found)) return found;
  } catch {
    // Said below.
  }
  throw badRequest(message);
}

/** What a field has, by the last of its spellings that is not null; undefined when there is none. */
export function fieldOf(object: JsonObject, name: string): unknown {
  return foldedOf(object).get(name.toLowerCase());
}

const foldedOf = perObject((object: JsonObject): ReadonlyMap<string, unknown> => {
  const given = Object.entries(object).filter(([, value]) => value !== null);
  return new Map(given.map(([name, value]) => [name.toLowerCase(), value]));
});

/** A text; '' when it is absent. */
export function textField(object: JsonObject, name: string): string {
  const value = fieldOf(object, name) ?? '';
  if (typeof value === 'string') return value;
  throw wrongType(name, 'string');
}

/** Texts; undefined when they are absent: to cfssl that is not the same as none. */
export function textsField(object: JsonObject, name: string): readonly string[] | undefined {
  const value = fieldOf(object, name);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string')) return value;
  throw wrongType(name, '[]string');
}

export function flagField(object: JsonObject, name: string): boolean {
  const value = fieldOf(object, name) ?? false;
  if (typeof value === 'boolean') return value;
  throw wrongType(name, 'bool');
}

/** Bytes in base64; none when they are absent. */
export function bytesField(object: JsonObject, name: string): Buffer {
  const text = textField(object, name);
  const bytes = Buffer.from(text, 'base64');
  // Node skips what is not base64: only what comes back unchanged was.
  if (bytes.toString('base64') === text) return bytes;
  throw badRequest('illegal base64 data');
}

function wrongType(name: string, type: string) {
  return badRequest(`json: cannot unmarshal field ${name} into Go value of type ${type}`);
}
