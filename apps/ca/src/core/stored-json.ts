/** Values of the bus that are JSON, before anything of them is believed. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** The value; undefined when it is not JSON. */
export function parseStoredJson(value: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(value).toString('utf8'));
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether it is a whole number, not negative. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
