/** Reads a certificate set as one: all three files of the same directory, even while it is being swapped. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type CertificateFiles, filesOfSet } from '@easycerts/cluster';
import { AppError, isAppError, systemErrorCode, toAppError } from '@easycerts/core';

export interface CertificateSet {
  readonly directory: string;
  /** The real directory that was read. */
  readonly target: string;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
  /** Of the leaf, lowercase hexadecimal without leading zeros; undefined when `cert` does not begin with a certificate. */
  readonly serial: string | undefined;
}

/** More swaps than this during one read do not happen: each takes several fsyncs, a read takes microseconds. */
const maxAttempts = 20;

/**
 * Reads the set whose link is `directory` (a plain directory of the same files works too). AppError NOT_FOUND when there is
 * none, DAMAGED when one of its files is missing, or the error of the file that cannot be read. Contents are not judged.
 */
export async function readSet(directory: string): Promise<CertificateSet> {
  return readSetSync(directory);
}

/**
 * {@link readSet} for those who read thousands: a handful of small local files costs a tenth of what promises cost. With
 * `emptyIfMissing`, a missing file of an existing set is empty instead of an error.
 */
export function readSetSync(directory: string, options: { readonly emptyIfMissing?: boolean } = {}): CertificateSet {
  let target = resolveSet(directory);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return readFrom(directory, target, readPart);
    } catch (error) {
      const now = resolveSet(directory);
      // A directory never changes once the link points to it, so only its removal can part a set; then there is a newer one
      if (now === target || attempt === maxAttempts) {
        if (options.emptyIfMissing === true) return readFrom(directory, target, readPartOrNothing);
        throw error;
      }
      target = now;
    }
  }
}

/** The real directory of a set: one link is followed, once. AppError NOT_FOUND when there is nothing. */
export function resolveSet(directory: string): string {
  try {
    return resolve(dirname(directory), readlinkSync(directory));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EINVAL') return directory;
    if (code !== 'ENOENT') throw toAppError(error, `read certificate set ${directory}`);
    throw new AppError('NOT_FOUND', `read certificate set ${directory}: there is none`, {
      cause: error,
      details: { path: directory, cure: 'run `certmgr ensure`' },
    });
  }
}

/** Serial number of the first certificate of a PEM text, lowercase hexadecimal; undefined when there is none. */
export function serialOf(cert: Uint8Array): string | undefined {
  try {
    return new X509Certificate(cert).serialNumber.toLowerCase().replace(/^0+(?=.)/, '');
  } catch {
    return undefined;
  }
}

/** Whether the set can be used: a leaf, its private key, and a first CA certificate. */
export function isUsable({ cert, key, ca }: Pick<CertificateSet, keyof CertificateFiles>): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) && new X509Certificate(ca).ca;
  } catch {
    return false;
  }
}

function readFrom(directory: string, target: string, read: (path: string) => Buffer): CertificateSet {
  const files = filesOfSet(target);
  const [cert, key, ca] = [read(files.cert), read(files.key), read(files.ca)];
  return {
    directory,
    target,
    cert,
    key,
    ca,
    // Parsed only for those who ask
    get serial() {
      return serialOf(cert);
    },
  };
}

function readPart(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw toAppError(error, `read ${path}`);
    throw new AppError('DAMAGED', `read ${path}: it is missing`, {
      cause: error,
      details: { path, cure: 'run `certmgr ensure`' },
    });
  }
}

function readPartOrNothing(path: string): Buffer {
  try {
    return readPart(path);
  } catch (error) {
    if (isAppError(error, 'DAMAGED')) return Buffer.alloc(0);
    throw error;
  }
}
