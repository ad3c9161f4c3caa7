/** The CA's enrolment as an attacker calls it, with whatever token, name and role. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { parseJoinToken } from '@easycerts/cluster';
import type { CallPlace } from './call-ca.ts';
import { mustRun } from './run-command.ts';

export interface EnrolmentCall {
  readonly tokenId: string;
  readonly secretBase64: string;
  readonly host: string;
  readonly role: string;
  readonly csrBase64: string;
  readonly requestId: string;
  readonly requestedAtMs: number;
}

export interface EnrolmentCalls {
  readonly endpoint: string;
  /** The CA that the caller expects there. */
  readonly trustedCaPem: string;
  readonly calls: readonly EnrolmentCall[];
}

export type EnrolmentAnswer =
  | {
      readonly kind: 'answered';
      readonly serial: string;
      readonly certificatePem: string;
      readonly trustBundlePem: string;
    }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string; readonly message: string };

/** A request of now for a machine that wants to be `host`, with a request id of its own. */
export function enrolmentCall(
  token: string,
  { csrDer, host, role = 'node' }: { readonly csrDer: Uint8Array; readonly host: string; readonly role?: string },
): EnrolmentCall {
  const { id, secret } = parseJoinToken(token);
  return {
    tokenId: id,
    secretBase64: Buffer.from(secret).toString('base64'),
    host,
    role,
    csrBase64: Buffer.from(csrDer).toString('base64'),
    requestId: randomUUID(),
    requestedAtMs: Date.now(),
  };
}

/** Makes the calls one after another over one connection. */
export async function callEnrolment(
  { endpoint, pid }: CallPlace,
  trustedCaPem: string,
  calls: readonly EnrolmentCall[],
): Promise<readonly EnrolmentAnswer[]> {
  const words = ['nsenter', '--target', String(pid), '--net', process.execPath];
  const input: EnrolmentCalls = { endpoint, trustedCaPem, calls };
  const printed = await mustRun([...words, join(import.meta.dirname, 'enrolment-caller.ts')], {
    input: JSON.stringify(input),
  });
  return JSON.parse(printed) as EnrolmentAnswer[];
}
