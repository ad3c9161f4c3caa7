/** For the tests of this folder: real certificate sets, temporary folders, file systems that break. */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { AppError } from '@easycerts/core';
import { createAuthority, encodePem, generateKeyPair, issueCertificate, privateKeyToPem, spkiOf } from '@easycerts/pki';
import { nodeFileSystem, type SetFileSystem } from './file-system.ts';

export interface TestSet {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

const notBefore = new Date('2020-01-01T00:00:00Z');
const notAfter = new Date('2020-12-31T00:00:00Z');

/** Sets with matching files and the given serial numbers, all of one CA. */
export async function makeTestSets<N extends string>(...serials: readonly N[]): Promise<Record<N, TestSet>> {
  const authority = await createAuthority({
    commonName: 'test-ca',
    keyAlgorithm: 'ecdsa-p256',
    notBefore,
    notAfter,
    serial: 'ca',
  });
  const ca = encodePem('CERTIFICATE', authority.certificate.der);
  const sets = await Promise.all(
    serials.map(async (serial): Promise<[N, TestSet]> => {
      const keyPair = await generateKeyPair('ecdsa-p256');
      const der = issueCertificate({
        authority,
        template: {
          serial,
          subject: { commonName: `leaf-${serial}`, organizations: [] },
          alternativeNames: { dns: [], ip: [] },
          usages: ['client auth'],
          notBefore,
          notAfter,
          spkiDer: spkiOf(keyPair.publicKey),
        },
      });
      return [serial, { cert: encodePem('CERTIFICATE', der), key: privateKeyToPem(keyPair.privateKey), ca }];
    }),
  );
  return Object.fromEntries(sets) as Record<N, TestSet>;
}

/** A folder that goes when the test ends. */
export async function temporaryFolder(test: Pick<TestContext, 'after'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'easycerts-sets-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Nobody to give files away to, as when we are not root. */
export const noUsers = { idsOf: () => undefined };

/** What lies in the folder of real directories, locks left out. */
export async function entriesOf(parent: string): Promise<readonly string[]> {
  const entries = await readdir(`${parent}/.sets`).catch(() => []);
  return entries.filter((entry) => !entry.endsWith('.lock'));
}

/** The real file system, but the operation number `failAt` (from 1) gives `code`; with `stays`, so do all after it. */
export function breakingFileSystem(options: {
  readonly failAt: number;
  readonly code: string;
  readonly stays?: boolean;
}): SetFileSystem & { readonly hasBroken: () => boolean } {
  let count = 0;
  const step = (): void => {
    count += 1;
    const isBroken = options.stays === true ? count >= options.failAt : count === options.failAt;
    if (isBroken) throw Object.assign(new Error(`${options.code}: injected`), { code: options.code });
  };
  const wrapped = Object.fromEntries(
    Object.entries(nodeFileSystem).map(([name, operation]) => [
      name,
      typeof operation !== 'function'
        ? operation
        : async (...args: readonly unknown[]) => {
            step();
            const result = await Reflect.apply(operation as (...all: readonly unknown[]) => unknown, undefined, args);
            return name === 'open' ? breakingHandle(result, step) : result;
          },
    ]),
  );
  return { ...(wrapped as unknown as SetFileSystem), hasBroken: () => count >= options.failAt };
}

/** A file handle whose writes, syncs and changes count as operations too; closing always works. */
function breakingHandle(handle: unknown, step: () => void): unknown {
  if (typeof handle !== 'object' || handle === null) throw new AppError('INTERNAL', 'not a file handle');
  return new Proxy(handle, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return async (...args: readonly unknown[]) => {
        if (name !== 'close') step();
        return Reflect.apply(value, target, args);
      };
    },
  });
}
