/** Starts a signing thread, from our sources or within the executable. */

import { getRawAsset, isSea } from 'node:sea';
import { Worker } from 'node:worker_threads';
import { zstdDecompressSync } from 'node:zlib';
import type { AuthorityName } from '@easycerts/cluster';
import type { KeyPair } from '@easycerts/pki';
import type { SigningAuthorities } from './signing.ts';

/** What a thread starts with. The keys are handles: their text is not copied. */
export interface SigningThreadData {
  readonly authorities: readonly {
    readonly name: AuthorityName;
    readonly certificateDer: Uint8Array;
    readonly keyPair: KeyPair;
  }[];
}

/** The script of the thread in the executable, compressed (tools/package/src/executable.ts). */
const asset = 'signing-thread.cjs';

export function startSigningThread(authorities: SigningAuthorities): Worker {
  const data: SigningThreadData = {
    authorities: Object.entries(authorities).map(([name, { certificate, keyPair }]) => ({
      name: name as AuthorityName,
      certificateDer: certificate.der,
      keyPair,
    })),
  };
  const options = { workerData: data, name: 'signing' };
  return isSea()
    ? new Worker(zstdDecompressSync(new Uint8Array(getRawAsset(asset))).toString('latin1'), { ...options, eval: true })
    : new Worker(new URL('./signing-thread.ts', import.meta.url), options);
}
