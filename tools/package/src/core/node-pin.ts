/** Which Node.js package-lock.json pins for a processor. Pure. */

import { AppError } from '@easycerts/core';
import type { Architecture } from './architecture.ts';

export interface NodePin {
  /** Of npm's package. */
  readonly name: string;
  readonly version: string;
  /** `sha512-…`, of its archive. */
  readonly integrity: string;
}

/** Reads it. Throws INTERNAL when the lock file does not have it. */
export function nodePin(lock: unknown, architecture: Architecture): NodePin {
  const name = `node-linux-${architecture}`;
  const entry = (lock as { packages?: Record<string, Partial<NodePin>> }).packages?.[`node_modules/${name}`];
  if (entry?.version === undefined || entry.integrity?.startsWith('sha512-') !== true) {
    throw new AppError('INTERNAL', `package-lock.json: there is no ${name} with its sha512`, {
      details: { cure: 'run `npm run generate`, which completes the lock file' },
    });
  }
  return { name, version: entry.version, integrity: entry.integrity };
}
