/** The certificate set with which a service of ours serves or calls: read whole, and read again when it has changed. */

import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { filesOfSet } from '@easycerts/cluster';
import { AppError, type ErrorCode, systemErrorCode, toAppError } from '@easycerts/core';
import { parseBundle } from '@easycerts/pki';
import type { Logger } from './logger.ts';

/** What TLS needs of a certificate set; `version` differs when any byte of it does. */
export interface TlsIdentity {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly version: string;
}

// A set may be swapped between two reads; three swaps within milliseconds do not happen.
const attempts = 3;

/**
 * Reads `tls.crt`, `tls.key` and `ca.crt` of one and the same set, and checks that they belong together.
 * AppError NOT_FOUND when the set is not there (yet), DAMAGED when it cannot be used.
 */
export async function readTlsIdentity(directory: string): Promise<TlsIdentity> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readSetAt(await realpath(directory), directory);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw toAppError(error, `read certificate set ${directory}`);
      if (attempt < attempts) continue;
      throw new AppError('NOT_FOUND', `read certificate set ${directory}: not there`, {
        cause: error,
        details: { path: directory, cure: 'wait until certmgr has delivered it, or see `certmgr check`' },
      });
    }
  }
}

/** The options of a TLS 1.3 context with this identity, for servers and clients. */
export function secureContextOptionsOf(identity: TlsIdentity): SecureContextOptions {
  const { ca, cert, key } = identity;
  return { ca, cert, key, minVersion: 'TLSv1.3' };
}

export interface WatchIdentityOptions {
  readonly directory: string;
  readonly current: TlsIdentity;
  readonly onChange: (identity: TlsIdentity) => void;
  readonly logger: Logger;
  /** Default 2 s. */
  readonly intervalMs?: number;
}

/**
 * Calls back with each new identity until the returned function is called. Reading three small files now and then is simpler
 * than following a symbolic link with inotify, and cannot miss anything. A set that cannot be used is left alone and logged, once
 * until it is for another reason.
 */
export function watchTlsIdentity(options: WatchIdentityOptions): () => void {
  let version = options.current.version;
  let isReading = false;
  let told: ErrorCode | undefined;
  const look = async (): Promise<void> => {
    const identity = await readTlsIdentity(options.directory);
    told = undefined;
    if (identity.version === version) return;
    version = identity.version;
    options.onChange(identity);
  };
  const timer = setInterval(() => {
    if (isReading) return;
    isReading = true;
    look()
      .catch((error: unknown) => {
        const err = toAppError(error, `read certificate set ${options.directory}`);
        if (err.code !== told)
          options.logger.warn({ err, directory: options.directory }, 'keep the certificate in use');
        told = err.code;
      })
      .finally(() => {
        isReading = false;
      });
  }, options.intervalMs ?? 2_000);
  timer.unref();
  return () => clearInterval(timer);
}

async function readSetAt(target: string, directory: string): Promise<TlsIdentity> {
  const files = filesOfSet(target);
  const [ca, cert, key] = await Promise.all([readFile(files.ca), readFile(files.cert), readFile(files.key)]);
  try {
    createSecureContext({ ca, cert, key });
    // OpenSSL passes over a CA that it cannot read, and then trusts nobody.
    if (parseBundle(ca.toString('latin1')).length === 0) throw new Error('no CA certificate');
  } catch (error) {
    throw new AppError('DAMAGED', `use certificate set ${directory}: key, certificate and CA do not fit together`, {
      cause: error,
      details: { path: directory, cure: 'let certmgr replace it: `certmgr ensure`' },
    });
  }
  const version = createHash('sha256').update(ca).update(cert).update(key).digest('hex');
  return { ca, cert, key, version };
}
