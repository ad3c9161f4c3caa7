/**
 * The folder of an automation: tls.key, tls.crt, ca.crt and connection.json.
 *
 *   empty ──begin──▶ key and request.json ──answer of the CA──▶ finish: whole, request.json gone
 *
 * With request.json the same command asks again for the same: the CA answers with the certificate that it made.
 */

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { automationSubject, filesOfSet, type KeyAlgorithm } from '@easycerts/cluster';
import type { CreateAutomationResponse } from '@easycerts/contracts';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { createCsr, encodePem, generateKeyPair, privateKeyToPem } from '@easycerts/pki';
import { loadUsers, writeFileAtomically } from '@easycerts/runtime';

export interface PendingRequest {
  readonly csrDer: Uint8Array;
  readonly requestId: string;
}

interface PendingFile {
  readonly name: string;
  readonly requestId: string;
  readonly csr: string;
}

/** The request to make: the one that was begun here, or a new one, whose key is durable then. */
export async function begin(
  folder: string,
  { name, keyAlgorithm }: { readonly name: string; readonly keyAlgorithm: KeyAlgorithm },
): Promise<PendingRequest> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (await exists(filesOfSet(folder).cert)) throw inUse(folder, 'it has a certificate already');
  const pending = await readPending(folder);
  if (pending !== undefined) {
    if (pending.name !== name) throw inUse(folder, `the automation ${pending.name} was begun there`);
    return { requestId: pending.requestId, csrDer: Buffer.from(pending.csr, 'base64') };
  }
  const keyPair = await generateKeyPair(keyAlgorithm);
  const names = { dns: [], ip: [] };
  const csrDer = await createCsr({ keyPair, subject: automationSubject(name), alternativeNames: names });
  const requestId = randomUUID();
  await write(filesOfSet(folder).key, privateKeyToPem(keyPair.privateKey), 0o600);
  const csr = Buffer.from(csrDer).toString('base64');
  await write(pendingFile(folder), JSON.stringify({ name, requestId, csr }), 0o600);
  return { requestId, csrDer };
}

/** Writes what the CA has answered; the certificate last, because it says that the folder is whole. */
export async function finish(
  folder: string,
  made: Pick<CreateAutomationResponse, 'certificateDer' | 'trustBundlePem'> & { readonly connection: object },
): Promise<void> {
  const { cert, ca } = filesOfSet(folder);
  await write(ca, made.trustBundlePem, 0o644);
  await write(`${folder}/connection.json`, `${JSON.stringify(made.connection, undefined, 2)}\n`, 0o644);
  await write(cert, encodePem('CERTIFICATE', made.certificateDer), 0o644);
  await rm(pendingFile(folder), { force: true });
}

function pendingFile(folder: string): string {
  return `${folder}/request.json`;
}

async function readPending(folder: string): Promise<PendingFile | undefined> {
  const path = pendingFile(folder);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw toAppError(error, `read ${path}`);
  });
  if (text === undefined) return undefined;
  const { name, requestId, csr } = fieldsOf(text);
  if (typeof name === 'string' && typeof requestId === 'string' && typeof csr === 'string') {
    return { name, requestId, csr };
  }
  throw new AppError('DAMAGED', `read ${path}: not a request that was begun`, {
    details: { path, cure: `remove ${path} and run the command again` },
  });
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** For whoever runs the command. */
async function write(path: string, content: string, mode: number): Promise<void> {
  await writeFileAtomically(path, content, { mode, owner: 'root', group: 'root', users: loadUsers({ isRoot: false }) });
}

function inUse(folder: string, why: string): AppError {
  return new AppError('FAILED_PRECONDITION', `make an automation in ${folder}: ${why}`, {
    details: { path: folder, cure: 'name another folder with --out' },
  });
}
