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

/** The files of a set as texts; one that is missing is empty. */
export type SetTexts = Readonly<Record<keyof CertificateFiles, string>>;

/**
 * Reads the set whose link is `directory` (a plain directory of the same files works too). AppError NOT_FOUND when there is
 * none, DAMAGED when one of its files is missing, or the error of the file that cannot be read. Contents are not judged.
 */
export async function readSet(directory: string): Promise<CertificateSet> {
  return readSetSync(directory);
}

/** {@link readSet} for those who read many: a handful of small local files costs a tenth of what promises cost. */
export function readSetSync(directory: string): CertificateSet {
  return readWhole(directory, resolveSet(directory), (target) => readFrom(directory, target));
}

/**
 * {@link readSet} for those who read thousands, at a third of the cost: only the texts, of which a missing one of an existing
 * set is empty. `target` is what {@link resolveSet} has just said.
 */
export function readSetTextsSync(directory: string, target: string): SetTexts {
  try {
    return readWhole(directory, target, (place) => textsFrom(place, readText));
  } catch (error) {
    if (!isAppError(error, 'DAMAGED')) throw error;
    return textsFrom(resolveSet(directory), readTextOrNothing);
  }
}

function readWhole<T>(directory: string, expected: string, read: (target: string) => T): T {
  let target = expected;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return read(target);
    } catch (error) {
      const now = resolveSet(directory);
      // A directory never changes once the link points to it, so only its removal can part a set; then there is a newer one
      if (now === target || attempt === maxAttempts) throw error;
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

function readFrom(directory: string, target: string): CertificateSet {
  const files = filesOfSet(target);
  const [cert, key, ca] = [readBytes(files.cert), readBytes(files.key), readBytes(files.ca)];
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

function readBytes(path: string): Buffer {
  return readPart(path, () => readFileSync(path));
}

function textsFrom(target: string, read: (path: string) => string): SetTexts {
  const files = filesOfSet(target);
  return { cert: read(files.cert), key: read(files.key), ca: read(files.ca) };
}

/** As UTF-8 Node.js reads a file in one call; PEM is ASCII, and what is not is no PEM in any encoding. */
function readText(path: string): string {
  return readPart(path, () => readFileSync(path, 'utf8'));
}

function readTextOrNothing(path: string): string {
  try {
    return readText(path);
  } catch (error) {
    if (isAppError(error, 'DAMAGED')) return '';
    throw error;
  }
}

function readPart<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw toAppError(error, `read ${path}`);
    throw new AppError('DAMAGED', `read ${path}: it is missing`, {
      cause: error,
      details: { path, cure: 'run `certmgr ensure`' },
    });
  }
}
