/**
 * Requests under way, on disk before they are made: key, CSR and request id. After a crash between the CA's signature and the
 * delivery the same request is made again, and the CA answers with the certificate it has issued already. One file a
 * certificate, 0600, gone as soon as the certificate is delivered.
 */

import { readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import type { Paths } from '@easycerts/cluster';
import { type ReissueReason, reissueReasons, systemErrorCode, toAppError } from '@easycerts/core';
import { type KeyPair, parsePrivateKeyPem, privateKeyToPem, spkiFingerprint } from '@easycerts/pki';
import { z } from 'zod';
import { writeState } from './state-file.ts';

export interface PendingRequest {
  readonly requestId: string;
  readonly name: string;
  readonly specDigest: string;
  readonly reason: ReissueReason;
  readonly createdAtMs: number;
  /** Of the certificate to be replaced, when there was one. */
  readonly previousSerial?: string;
  readonly csrDer: Uint8Array;
  readonly keyPair: KeyPair;
  readonly spkiFingerprint: string;
}

export type NewRequest = Omit<PendingRequest, 'spkiFingerprint'>;

const fileSchema = z.strictObject({
  requestId: z.uuid(),
  name: z.string(),
  specDigest: z.string(),
  reason: z.enum(reissueReasons),
  createdAtMs: z.int(),
  previousSerial: z.string().optional(),
  csr: z.base64(),
  key: z.string(),
});

export class PendingRequests {
  readonly #folder: string;

  constructor(paths: Pick<Paths, 'certmgrState'>) {
    this.#folder = `${paths.certmgrState}/pending`;
  }

  /** Names of the certificates with a request under way, or with a file that a crash has left half written. */
  names(): ReadonlySet<string> {
    return new Set(
      this.#files()
        .map(nameOfFile)
        .filter((name) => name !== undefined),
    );
  }

  /** The request under way; undefined when there is none, or its file makes no sense: then a new key is made. */
  async load(name: string): Promise<PendingRequest | undefined> {
    try {
      const { csr, key, previousSerial, ...rest } = fileSchema.parse(
        JSON.parse(await readFile(this.#file(name), 'utf8')),
      );
      const keyPair = parsePrivateKeyPem(key);
      return {
        ...rest,
        ...(previousSerial === undefined ? {} : { previousSerial }),
        csrDer: Buffer.from(csr, 'base64'),
        keyPair,
        spkiFingerprint: spkiFingerprint(keyPair.publicKey),
      };
    } catch {
      return undefined;
    }
  }

  /** Writes a request, durably, before it is made. */
  async save(request: NewRequest): Promise<PendingRequest> {
    const { csrDer, keyPair, ...rest } = request;
    const csr = Buffer.from(csrDer).toString('base64');
    const content = JSON.stringify({ ...rest, csr, key: privateKeyToPem(keyPair.privateKey) });
    await writeState(this.#file(request.name), content);
    return { ...request, spkiFingerprint: spkiFingerprint(keyPair.publicKey) };
  }

  /** Forgets a request and its key, half written ones too; only for who holds the lock of the certificate. */
  async remove(name: string): Promise<void> {
    for (const file of this.#files().filter((one) => nameOfFile(one) === name)) {
      await rm(`${this.#folder}/${file}`, { force: true }).catch((error: unknown) => {
        throw toAppError(error, `remove ${this.#folder}/${file}`);
      });
    }
  }

  #files(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw toAppError(error, `list ${this.#folder}`);
    }
  }

  #file(name: string): string {
    return `${this.#folder}/${name}.json`;
  }
}

/** The certificate that a file of the folder belongs to: `kubelet.json`, or `.kubelet.json.<hex>.tmp` while it is written. */
function nameOfFile(file: string): string | undefined {
  const match = /^(?:([^.].*)\.json|\.(.+)\.json\.[0-9a-f]+\.tmp)$/.exec(file);
  return match?.[1] ?? match?.[2];
}
