/**
 * Watches over the join token: enrols when there is one and the host has no identity that the CA takes, tries again while the
 * CA is away, and removes the token as soon as it is of no more use.
 *
 *   NO TOKEN ──a token──▶ ENROLLING ──identity in place──▶ DONE      token removed
 *                          │    ▲ └──refused─────────────▶ REFUSED   token removed: only a new one helps
 *                    away  ▼    │ time has come
 *                         WAITING
 */

import type { JoinToken, Paths } from '@easycerts/cluster';
import { AppError, type ErrorCode, isAppError, toAppError } from '@easycerts/core';
import type { ServiceContext } from '@easycerts/runtime';
import { type EnrolHostParts, enrolHost, forgetEnrolment, isRequestFor, untoldEnrolment } from './enrol-host.ts';
import { readIdentityState } from './identity-state.ts';
import { RetryBook } from './retry-book.ts';
import type { EnrolmentStatus } from './status-file.ts';
import { readTokenFile, removeTokenFile } from './token-file.ts';

export interface EnrollerParts extends EnrolHostParts {
  readonly context: Pick<ServiceContext, 'logger' | 'random'>;
  /**
   * Whether the CA takes the identity that the host has: an AppError of the CA when it does not. Absent while it is not known
   * where the CA is: then an identity that looks well counts.
   */
  readonly tryIdentity?: () => Promise<void>;
  /** Makes a new state known; before the token goes, so that whoever waits for it always finds an answer. */
  readonly onStatus: (status: EnrolmentStatus) => Promise<void>;
  /** What an earlier process said last: it stands until there is another token. */
  readonly previousStatus?: EnrolmentStatus | undefined;
}

/** What the CA, or the token itself, has decided. Anything else may be another answer next time. */
const finalCodes: ReadonlySet<ErrorCode> = new Set(['PERMISSION_DENIED', 'UNAUTHENTICATED', 'INVALID_INPUT']);
/** The CA knows the identity, and does not want it any more: the host was removed and comes again. */
const identityRefusals: ReadonlySet<unknown> = new Set(['unknown-host', 'host-revoked', 'certificate-revoked']);

export class Enroller {
  readonly #parts: EnrollerParts;
  readonly #path: Paths['joinToken'];
  readonly #retries: RetryBook;
  #status: EnrolmentStatus | undefined;

  constructor(parts: EnrollerParts) {
    this.#parts = parts;
    this.#path = parts.paths.joinToken;
    this.#retries = new RetryBook(parts.context.random);
    this.#status = parts.previousStatus;
  }

  /** The last state; undefined when there was no token yet. */
  get status(): EnrolmentStatus | undefined {
    return this.#status;
  }

  /** Tries again at the next look, whatever its time. */
  hurry(): void {
    this.#retries.hurry();
  }

  /** Does what is to be done about the token. Answers when to look again, undefined when nothing waits. Never throws. */
  async look(): Promise<number | undefined> {
    const token = await this.#readToken();
    if (token === undefined) return undefined;
    const key = { name: 'enrolment', digest: token.id };
    const nowMs = this.#parts.clock.now().getTime();
    if (this.#retries.isWaiting(key, nowMs)) return this.#retries.get(key)?.retryAtMs;
    const attempts = this.#retries.get(key)?.attempts ?? 0;
    try {
      await this.#tell({ state: 'enrolling', tokenId: token.id, attempts });
      await this.#enrol(token);
      this.#retries.succeed(key);
      await this.#end(token, { state: 'done', tokenId: token.id, attempts });
      return undefined;
    } catch (thrown) {
      if (this.#parts.signal.aborted) return undefined;
      const error = toAppError(thrown, 'enrol this host');
      if (isFinal(error)) return this.#refuse(token, error, attempts + 1);
      const attempt = this.#retries.fail(key, error, this.#parts.clock.now().getTime());
      const { logger } = this.#parts.context;
      const fields = { tokenId: token.id, attempts: attempt.attempts, retryInMs: attempt.retryInMs, err: error };
      logger[attempt.isWorthTelling ? 'warn' : 'debug'](fields, 'not enrolled yet');
      await this.#tell({ state: 'waiting', tokenId: token.id, attempts: attempt.attempts, ...described(error) });
      return attempt.retryAtMs;
    }
  }

  /** A file that holds no token is removed; one that is not root's alone stays, for a person to look at. */
  async #readToken(): Promise<JoinToken | undefined> {
    try {
      return await readTokenFile(this.#path);
    } catch (thrown) {
      const error = toAppError(thrown, 'read the join token');
      const status = { state: 'refused', attempts: 1, ...described(error) } as const;
      if (this.#status?.message !== status.message) {
        this.#parts.context.logger.error({ err: error }, 'join token refused');
      }
      await this.#tell(status);
      if (error.code === 'INVALID_INPUT') await this.#removeToken(undefined);
      return undefined;
    }
  }

  async #enrol(token: JoinToken): Promise<void> {
    const { clock, host, paths, pending, context } = this.#parts;
    const identity = await readIdentityState(paths.hostIdentity, host, clock.now().getTime());
    if (identity.kind === 'usable') {
      const untold = untoldEnrolment(await pending.load('host'), identity);
      if (untold !== undefined) await enrolHost(token, this.#parts);
      if (untold !== undefined && isRequestFor(untold.request, token)) return;
      if (!(await this.#isIdentityRefused())) {
        if (!identity.pins.includes(token.pin)) throw otherCluster();
        context.logger.info({ tokenId: token.id }, 'the host has its identity, the join token is not needed');
        return;
      }
    }
    const { serial, notAfterMs } = await enrolHost(token, this.#parts);
    context.logger.info({ tokenId: token.id, serial, notAfter: new Date(notAfterMs) }, 'enrolled this host');
  }

  async #isIdentityRefused(): Promise<boolean> {
    try {
      await this.#parts.tryIdentity?.();
      return false;
    } catch (error) {
      if (isAppError(error) && identityRefusals.has(error.details.reason)) return true;
      throw error;
    }
  }

  async #refuse(token: JoinToken, error: AppError, attempts: number): Promise<undefined> {
    this.#parts.context.logger.error({ tokenId: token.id, err: error }, 'join token refused');
    await forgetEnrolment(this.#parts).catch((err: unknown) => {
      this.#parts.context.logger.warn({ err }, 'request of the enrolment not removed');
    });
    this.#retries.succeed({ name: 'enrolment', digest: token.id });
    await this.#end(token, { state: 'refused', tokenId: token.id, attempts, ...described(error) });
    return undefined;
  }

  async #end(token: JoinToken, status: EnrolmentStatus): Promise<void> {
    await this.#tell(status);
    await this.#removeToken(token.id);
  }

  async #removeToken(tokenId: string | undefined): Promise<void> {
    try {
      await removeTokenFile(this.#path, tokenId);
    } catch (err) {
      this.#parts.context.logger.error({ err }, 'join token not removed');
    }
  }

  async #tell(status: EnrolmentStatus): Promise<void> {
    this.#status = status;
    try {
      await this.#parts.onStatus(status);
    } catch (err) {
      this.#parts.context.logger.warn({ err }, 'status not written');
    }
  }
}

/** A clock that is wrong may be set: that is not the token's fault. */
function isFinal({ code, details }: AppError): boolean {
  return finalCodes.has(code) && details.reason !== 'stale';
}

function described({ code, message, details }: AppError) {
  return {
    code,
    message,
    ...(details.reason === undefined ? {} : { reason: details.reason }),
    ...(details.cure === undefined ? {} : { cure: details.cure }),
  };
}

function otherCluster(): AppError {
  return new AppError('PERMISSION_DENIED', 'enrol: this host belongs to another cluster already', {
    details: { reason: 'other-cluster', cure: 'let it leave that one first: `joiner leave`, then join again' },
  });
}
