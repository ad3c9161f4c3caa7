/** The HMAC keys of specs: found where a spec says, never kept in a log, an error or a state file. */

import { createHash } from 'node:crypto';
import { AppError } from '@easycerts/core';
import type { AuthKeySource } from '../../core/cfssl/cfssl-spec.ts';
import { authKeyOf } from '../../core/cfssl/spec-fields.ts';
import type { CachedFiles } from './cached-files.ts';

/** Where the text of a key may point on: a file that names a file, as cfssl's own configuration does, once. */
const mostSteps = 2;

export class AuthKeys {
  readonly #files: CachedFiles;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(files: CachedFiles, environment: Readonly<Record<string, string | undefined>>) {
    this.#files = files;
    this.#environment = environment;
  }

  /** The key. AppError NOT_FOUND, PERMISSION_DENIED, or FAILED_PRECONDITION when there is nothing that is a key. */
  keyOf(source: AuthKeySource): Uint8Array {
    let at: AuthKeySource | undefined = source;
    for (let step = 0; step <= mostSteps && at !== undefined; step += 1) {
      if (at.kind === 'hex') return Buffer.from(at.hex, 'hex');
      at = authKeyOf(this.#textOf(at).trim());
    }
    const where =
      source.kind === 'file' ? source.path : `the ${source.kind === 'env' ? 'variable' : 'key'} of the spec`;
    throw new AppError('FAILED_PRECONDITION', `${where}: holds no key`, {
      details: { cure: `put the key into it, in hexadecimal: 32 characters on most CAs` },
    });
  }

  /** Changes when the key does, and says nothing about it; '' while there is none. */
  fingerprintOf(source: AuthKeySource | undefined): string {
    if (source === undefined) return '';
    try {
      return createHash('sha256').update('auth-key').update(this.keyOf(source)).digest('hex').slice(0, 16);
    } catch {
      return '';
    }
  }

  #textOf(source: Exclude<AuthKeySource, { kind: 'hex' }>): string {
    return source.kind === 'file' ? this.#files.read(source.path) : (this.#environment[source.variable] ?? '');
  }
}
