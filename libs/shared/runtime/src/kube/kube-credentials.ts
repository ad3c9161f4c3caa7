/** The files behind a kubeconfig as they are now, so that a renewed certificate is used without anybody being told. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SecureContext } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { type KubeEndpoint, type PemSource, parseKubeconfig } from '@easycerts/cluster';
import { AppError, toAppError } from '@easycerts/core';

export interface KubeCredentials {
  readonly endpoint: KubeEndpoint;
  readonly secureContext: SecureContext;
  /** Changes when anything of it changes. */
  readonly fingerprint: string;
}

/**
 * Reads a kubeconfig and the files it names. `previous` is given back when nothing changed. AppError NOT_FOUND,
 * PERMISSION_DENIED or DAMAGED naming the file.
 */
export async function readCredentials(kubeconfig: string, previous?: KubeCredentials): Promise<KubeCredentials> {
  try {
    return await readOnce(kubeconfig, previous);
  } catch {
    // certmgr swaps the set by one symbolic link: key and certificate of two sets, or a folder that has just gone. Once more.
    return await readOnce(kubeconfig, previous);
  }
}

async function readOnce(kubeconfig: string, previous: KubeCredentials | undefined): Promise<KubeCredentials> {
  const text = await readText(kubeconfig, 'kubeconfig');
  const endpoint = parseKubeconfig(text, kubeconfig);
  const [ca, cert, key] = await Promise.all([
    readPem(endpoint.ca, 'CA certificate'),
    readPem(endpoint.certificate, 'client certificate'),
    readPem(endpoint.key, 'client key'),
  ]);
  const fingerprint = createHash('sha256').update([text, ca, cert, key].join('\0')).digest('hex');
  if (previous?.fingerprint === fingerprint) return previous;
  try {
    return { endpoint, secureContext: createSecureContext({ ca, cert, key, minVersion: 'TLSv1.2' }), fingerprint };
  } catch (cause) {
    const path = 'file' in endpoint.certificate ? endpoint.certificate.file : kubeconfig;
    const message = `use client certificate ${path}: it is damaged or does not belong to its key`;
    throw new AppError('DAMAGED', message, {
      cause,
      details: { path, cure: 'run `easycerts certmgr ensure`, which replaces it' },
    });
  }
}

function readPem(source: PemSource, what: string): Promise<string> {
  return 'pem' in source ? Promise.resolve(source.pem) : readText(source.file, what);
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw toAppError(error, `read ${what} ${path}`);
  }
}
