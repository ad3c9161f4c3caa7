/** A bus on which the CA dies at one write: what is stored stays, what would come after does not happen. */

import { AppError } from '@easycerts/core';
import type { Bus, KeyValueBucket } from '@easycerts/runtime';

export interface BreakPoint {
  /** Bucket or stream. */
  readonly store: string;
  /** Whether the write that it dies at is stored. */
  readonly when: 'before' | 'after';
}

export interface BreakingBus {
  readonly bus: Bus;
  /** From now on the next write to the store is the last one. */
  arm(point: BreakPoint): void;
}

export function breakingBus(whole: Bus): BreakingBus {
  let armed: BreakPoint | undefined;
  let isBroken = false;
  const crash = (): AppError => new AppError('UNAVAILABLE', 'the CA has died');
  const write = async <T>(store: string, work: () => Promise<T>): Promise<T> => {
    if (isBroken) throw crash();
    if (armed?.store !== store) return work();
    isBroken = true;
    if (armed.when === 'after') await work();
    throw crash();
  };
  const wrapped = (store: string, bucket: KeyValueBucket): KeyValueBucket => ({
    ...bucket,
    create: (key, value) => write(store, () => bucket.create(key, value)),
    update: (key, value, revision) => write(store, () => bucket.update(key, value, revision)),
  });
  const bus: Bus = {
    ...whole,
    bucket: async (name, options) => wrapped(name, await whole.bucket(name, options)),
    stream: async (name, subjects) => {
      const stream = await whole.stream(name, subjects);
      return { ...stream, append: (...given) => write(name, () => stream.append(...given)) };
    },
  };
  return {
    bus,
    arm: (point) => {
      armed = point;
    },
  };
}
