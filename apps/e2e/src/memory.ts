/** What a step remembers for the steps that follow: they are processes of their own. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Memory {
  /** Remembers something for the steps that follow. */
  remember(name: string, value: unknown): void;
  /** What an earlier step remembered; throws when it did not. */
  recall<T>(name: string): T;
}

/** The memory in this file, which need not exist yet. */
export function memoryAt(file: string): Memory {
  const read = (): Readonly<Record<string, unknown>> =>
    existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
  return {
    remember(name, value) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify({ ...read(), [name]: value }));
    },
    recall<T>(name: string) {
      const value = read()[name];
      if (value === undefined) throw new Error(`an earlier step did not get as far as to remember ${name}`);
      return value as T;
    },
  };
}
