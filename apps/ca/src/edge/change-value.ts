/** Compare-and-swap: reads a key, decides, writes; and again when somebody else has written in between. */

import { AppError, isAppError } from '@easycerts/core';
import type { KeyValueBucket } from '@easycerts/runtime';

/** `value`: what is to be stored; absent: nothing changes. */
export interface ValueChange<T> {
  readonly value?: Uint8Array;
  readonly result: T;
}

/** `stored`: what stands there now, as far as is known; undefined: nothing. */
export interface Changed<T> {
  readonly stored: Uint8Array | undefined;
  readonly result: T;
}

/** Each time somebody was faster, so others got on: more in a row means a fault. */
const attempts = 20;

/** Changes a value. AppError UNAVAILABLE when others were faster every time, and what the bucket throws. */
export async function changeValue<T>(
  bucket: Pick<KeyValueBucket, 'get' | 'create' | 'update'>,
  key: string,
  decide: (found: Uint8Array | undefined) => ValueChange<T>,
): Promise<Changed<T>> {
  for (let attempt = 1; ; attempt++) {
    const entry = await bucket.get(key);
    const { value, result } = decide(entry?.value);
    if (value === undefined) return { stored: entry?.value, result };
    try {
      if (entry === undefined) await bucket.create(key, value);
      else await bucket.update(key, value, entry.revision);
      return { stored: value, result };
    } catch (error) {
      if (!isAppError(error, 'CONFLICT')) throw error;
      if (attempt < attempts) continue;
      throw new AppError('UNAVAILABLE', `change ${key}: others were faster ${attempts} times`, {
        cause: error,
        details: { cure: 'repeat the call' },
      });
    }
  }
}
