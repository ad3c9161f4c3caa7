/** The part of cfssl's API that a client needs: `info`, and `authsign`, or `sign` where there is no key. */

import { createHmac } from 'node:crypto';
import { AppError, isAppError } from '@easycerts/core';
import { z } from 'zod';
import type { CfsslAuthority } from '../../core/cfssl/cfssl-spec.ts';
import { JsonPoster } from './post-json.ts';

export interface CfsslCall {
  readonly authority: CfsslAuthority;
  /** PEM of `authority.rootCa`. */
  readonly rootCa?: string;
  readonly signal: AbortSignal;
}

export interface SignCall extends CfsslCall {
  readonly csrPem: string;
  readonly hosts: readonly string[];
  /** Absent: `sign` is asked, which most servers refuse. */
  readonly key?: Uint8Array;
}

const envelope = z.object({
  success: z.boolean(),
  result: z.unknown(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).nullish(),
});
const withCertificate = z.object({ certificate: z.string() });

/** What certmgr takes as the end of trying (transport.go): the key is wrong, and asking again does not mend it. */
const authenticationErrors: ReadonlySet<string> = new Set(['invalid token', 'not authorised']);
/** Trying the next server makes sense. */
const isAway = (error: unknown): boolean => isAppError(error, 'UNAVAILABLE') || isAppError(error, 'DEADLINE_EXCEEDED');

export class CfsslClient {
  readonly #poster = new JsonPoster();

  /** The CA's certificate, PEM. Throws as {@link CfsslClient.sign}. */
  async info({ authority, ...call }: CfsslCall): Promise<string> {
    const { label, profile } = authority;
    return this.#ask({ authority, ...call }, 'info', { label, profile });
  }

  /**
   * A certificate for the request, PEM. AppError UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED; UNAUTHENTICATED with reason
   * `invalid-token` for the key; FAILED_PRECONDITION for every other refusal; DAMAGED when the answer makes no sense.
   */
  async sign({ csrPem, hosts, key, ...call }: SignCall): Promise<string> {
    const { label, profile } = call.authority;
    const request = { hosts, certificate_request: csrPem, profile, label };
    if (key === undefined) return this.#ask(call, 'sign', request);
    const signed = Buffer.from(JSON.stringify(request));
    const token = createHmac('sha256', key).update(signed).digest('base64');
    return this.#ask(call, 'authsign', { token, request: signed.toString('base64') });
  }

  close(): void {
    this.#poster.close();
  }

  async #ask({ authority, rootCa, signal }: CfsslCall, method: string, body: unknown): Promise<string> {
    const text = JSON.stringify(body);
    let failure: unknown;
    for (const remote of authority.remotes) {
      const url = `${remote}/api/v1/cfssl/${method}`;
      try {
        const answer = await this.#poster.post({
          url,
          body: text,
          signal,
          ...(rootCa === undefined ? {} : { rootCa }),
        });
        return certificateOf(answer.body, answer.status, url);
      } catch (error) {
        failure ??= error;
        if (!isAway(error)) throw error;
      }
    }
    throw failure;
  }
}

function certificateOf(body: unknown, status: number, url: string): string {
  const parsed = envelope.safeParse(body);
  if (status >= 500 || status === 429) {
    throw new AppError('UNAVAILABLE', `ask ${url}: the server answered ${status}`);
  }
  if (!parsed.success) {
    throw new AppError('DAMAGED', `ask ${url}: the answer (status ${status}) is not cfssl's`, {
      details: { cure: 'is it the port of a cfssl server? Most often it is 8888' },
    });
  }
  const { success, result, errors } = parsed.data;
  if (!success) throw refusal(url, errors?.map(({ message }) => message) ?? []);
  const found = withCertificate.safeParse(result);
  if (!found.success) throw new AppError('DAMAGED', `ask ${url}: the answer has no certificate`);
  return found.data.certificate;
}

function refusal(url: string, messages: readonly string[]): AppError {
  const said =
    messages
      .join('; ')
      .replace(/[^ -~]/g, ' ')
      .slice(0, 300) || 'without a reason';
  if (!messages.some((message) => authenticationErrors.has(message))) {
    return new AppError('FAILED_PRECONDITION', `ask ${url}: refused: ${said}`, { details: { reason: 'refused' } });
  }
  return new AppError('UNAUTHENTICATED', `ask ${url}: refused: ${said}`, {
    details: {
      reason: 'invalid-token',
      cure: 'put the key that the CA gives for this host into auth_key_file of the spec',
    },
  });
}
