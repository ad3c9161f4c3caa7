/**
 * The messages of nats-server's auth callout (docs.nats.io "Auth callout"): its question about one connection, our answer.
 * Both are tokens: signed by the server, and by the issuer whose public key stands in nats.conf.
 */

import { AppError, secondMs } from '@easycerts/core';
import { z } from 'zod';
import type { JwtIssuer } from './fast-jwt.ts';
import { encodeJwt, verifyJwt } from './fast-jwt.ts';
import { publicKeyOfNkey } from './nkey-codec.ts';
import type { BusAccess, SubjectRules } from './permissions.ts';

export interface CalloutRequest {
  readonly serverId: string;
  /** The key that the server made up for this connection; the answer must carry it. */
  readonly userKey: string;
  /** Address of the client. */
  readonly peer: string;
  /** The client certificate (PEM) that the server has verified; undefined when there is none. */
  readonly certificatePem: string | undefined;
}

export const calloutSubject = '$SYS.REQ.USER.AUTH';
/** Clocks of masters may differ by this much. */
const clockToleranceMs = 60 * secondMs;

const requestSchema = z.object({
  type: z.literal('authorization_request'),
  server_id: z.object({ id: z.string() }),
  user_nkey: z.string(),
  client_info: z.object({ host: z.string(), kind: z.literal('Client'), type: z.literal('nats') }),
  client_tls: z.object({ verified_chains: z.array(z.array(z.string())).optional() }).optional(),
});

/** The question in a token. AppError UNAUTHENTICATED when no server asked it of this issuer; then there is no answer. */
export function parseCalloutRequest(token: string, issuer: string, now: Date): CalloutRequest {
  const claims = verifyJwt(token, 'server', new Date(now.getTime() - clockToleranceMs));
  const parsed = requestSchema.safeParse(claims.nats);
  const isOurs = claims.aud === 'nats-authorization-request' && claims.sub === issuer;
  if (!parsed.success || !isOurs || parsed.data.server_id.id !== claims.iss) {
    throw new AppError('UNAUTHENTICATED', 'read question of nats-server: not an authorization request for this issuer');
  }
  const { server_id, user_nkey, client_info, client_tls } = parsed.data;
  publicKeyOfNkey('user', user_nkey);
  return {
    serverId: server_id.id,
    userKey: user_nkey,
    peer: client_info.host,
    certificatePem: client_tls?.verified_chains?.[0]?.[0],
  };
}

/** The answer that lets the connection in, with exactly this access, until then. */
export function allowToken(
  request: CalloutRequest,
  grant: { access: BusAccess; until: Date },
  context: TokenContext,
): string {
  const { access, until } = grant;
  const user = encodeJwt(
    {
      sub: request.userKey,
      aud: access.account,
      name: access.user,
      iat: secondsOf(context.now),
      exp: secondsOf(until),
      nats: {
        type: 'user',
        version: 2,
        pub: rulesOf(access.publish),
        sub: rulesOf(access.subscribe),
        allowed_connection_types: ['STANDARD'],
        // -1 is "no limit"; nats-server ignores these limits for users of the callout.
        subs: -1,
        data: -1,
        payload: -1,
      },
    },
    context.issuer,
  );
  return answerToken(request, { jwt: user }, context);
}

/** The answer that refuses; the reason stands in nats-server's log only, the client learns nothing. */
export function denyToken(request: CalloutRequest, reason: string, context: TokenContext): string {
  return answerToken(request, { error: reason }, context);
}

export interface TokenContext {
  readonly issuer: JwtIssuer;
  readonly now: Date;
}

function answerToken(request: CalloutRequest, content: Record<string, string>, { issuer, now }: TokenContext): string {
  return encodeJwt(
    {
      sub: request.userKey,
      aud: request.serverId,
      iat: secondsOf(now),
      nats: { type: 'authorization_response', version: 2, ...content },
    },
    issuer,
  );
}

/** nats-server reads an empty allow-list as "everything": one that is empty here must never reach it. */
function rulesOf({ allow, deny }: SubjectRules): { allow: readonly string[]; deny: readonly string[] } {
  if (allow.length === 0) throw new AppError('INTERNAL', 'write user token: an allow-list is empty');
  return { allow, deny };
}

function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / secondMs);
}
