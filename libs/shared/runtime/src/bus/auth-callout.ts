/** Answers nats-server's question who may connect, as what: by client certificate, live, for each connection. */

import type { Clock } from '@easycerts/core';
import { secondMs, toAppError } from '@easycerts/core';
import type { Msg } from '@nats-io/transport-node';
import type { Logger } from '../logger.ts';
import type { RunningService } from '../service.ts';
import type { BusDecision } from './bus-decision.ts';
import type { BusCertificate } from './bus-identity.ts';
import { busCertificateOf } from './bus-identity.ts';
import type { CalloutRequest, TokenContext } from './callout-tokens.ts';
import { allowToken, calloutSubject, denyToken, parseCalloutRequest } from './callout-tokens.ts';
import type { JwtIssuer } from './fast-jwt.ts';
import type { ReconnectPauses } from './nats-link.ts';
import { openNatsLink } from './nats-link.ts';
import { nkeyAuthenticator } from './nkey-authenticator.ts';
import { privateKeyOfSeed, publicNkeyOf } from './nkey-codec.ts';
import type { BusRefusal } from './refusal.ts';
import { subscribeLive } from './subscribe-live.ts';

export interface AuthCalloutOptions {
  readonly servers: readonly string[];
  /** Any certificate set that nats-server verifies; read at each connection. */
  readonly identityDirectory: string;
  /** Seed of the user in account AUTH, which nats-server knows by itself. */
  readonly authUserSeed: string;
  /** Seed of the account key that stands as issuer in nats.conf. */
  readonly issuerSeed: string;
  /** Decides about a verified certificate. Whatever it throws refuses. */
  readonly decide: (certificate: BusCertificate) => BusDecision | Promise<BusDecision>;
  readonly onRefused: (refusal: BusRefusal) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 ≤ x < 1, for jitter; default Math.random. */
  readonly random?: () => number;
}

export interface AuthCallout extends RunningService {
  /** Whether questions reach this process at this moment. */
  isConnected(): boolean;
  /** Resolves when nats-server asks this process from now on. AppError UNAVAILABLE after `timeoutMs`. */
  whenConnected(timeoutMs: number): Promise<void>;
}

/** Several masters share the questions. */
const queue = 'easycerts-auth';
/** It should be back before all others: whoever comes before it waits 3 s in vain. */
const pauses: ReconnectPauses = { firstMs: 25, longestMs: 100 };
/** nats-server waits 3 s for an answer (authorization.timeout in nats.conf); a refusal in time is better than none. */
const decideTimeoutMs = 2 * secondMs;

/** Starts to answer as soon as the bus is there; returns at once. AppError INVALID_INPUT when a seed is none. */
export function startAuthCallout(options: AuthCalloutOptions): AuthCallout {
  const { logger } = options;
  const issuerKey = privateKeyOfSeed('account', options.issuerSeed);
  const issuer: JwtIssuer = { publicKey: publicNkeyOf('account', issuerKey), privateKey: issuerKey };
  const authenticator = nkeyAuthenticator(options.authUserSeed);
  const link = openNatsLink({
    servers: options.servers,
    identityDirectory: options.identityDirectory,
    name: 'auth-callout',
    logger,
    random: options.random ?? Math.random,
    pauses,
    prepare: async () => ({ authenticator }),
  });
  const stop = subscribeLive(link, [calloutSubject], (message) => void answer(message, issuer, options), { queue });
  return {
    isConnected: () => link.isUp(),
    whenConnected: async (timeoutMs) => {
      await link.whenUp(timeoutMs);
      // Answered after the subscription has been taken in.
      await link.run('wait for the callout', (connection) => connection.flush());
    },
    close: async () => {
      stop();
      await link.close();
    },
  };
}

async function answer(message: Msg, issuer: JwtIssuer, options: AuthCalloutOptions): Promise<void> {
  const now = options.clock.now();
  let request: CalloutRequest;
  try {
    request = parseCalloutRequest(message.string(), issuer.publicKey, now);
  } catch (err) {
    options.logger.error({ err }, 'leave a question unanswered that is not from nats-server');
    return;
  }
  try {
    message.respond(await answerTo(request, { issuer, now }, options));
  } catch (err) {
    // The connection was lost: nats-server asks again when the client does.
    options.logger.warn({ err }, 'the answer to nats-server was lost');
  }
}

async function answerTo(request: CalloutRequest, context: TokenContext, options: AuthCalloutOptions): Promise<string> {
  let user = '';
  let reason: string;
  try {
    if (request.certificatePem === undefined) throw new Error('no client certificate');
    const certificate = busCertificateOf(request.certificatePem);
    user = certificate.subject;
    const decision = await withinTime(options.decide(certificate));
    if (decision.kind === 'allow') return allowToken(request, decision, context);
    reason = decision.reason;
  } catch (error) {
    const err = toAppError(error, 'decide about a connection to the bus');
    options.logger.error({ err, user, peer: request.peer }, 'refuse a connection about which nothing could be decided');
    reason = err.message;
  }
  options.onRefused({ kind: 'connection', user, subject: '', detail: reason, peer: request.peer });
  return denyToken(request, reason, context);
}

async function withinTime(decision: BusDecision | Promise<BusDecision>): Promise<BusDecision> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no decision in time')), decideTimeoutMs);
  try {
    return await Promise.race([decision, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
