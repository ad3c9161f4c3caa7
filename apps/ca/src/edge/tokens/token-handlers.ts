/** The service Tokens: join tokens are made, listed and revoked by masters only. */

import { encodeJoinToken, joinTokenSecretBytes } from '@easycerts/cluster';
import type {
  CreateTokenRequest,
  CreateTokenResponse,
  ListTokensResponse,
  RevokeTokenRequest,
  RevokeTokenResponse,
  TokensService,
} from '@easycerts/contracts';
import { AppError } from '@easycerts/core';
import type { CallContext, Handlers } from '@easycerts/runtime';
import { tokenEndpointsOf } from '../../core/token-endpoints.ts';
import { revoked, type TokenRecord } from '../../core/token-record.ts';
import { wantedTokenOf } from '../../core/token-request.ts';
import { secretHashOf } from '../../core/token-secret.ts';
import { publishTokenCreated, publishTokenRevoked } from '../../events.ts';
import { assertMaster, type CallEnvironment } from '../call-environment.ts';
import { describeToken } from './describe-token.ts';
import { masterAddressesOf } from './master-addresses.ts';

const idBytes = 6;

/** The handlers. `enrolPort`: where the CA lets machines in. */
export function createTokenHandlers(environment: CallEnvironment, enrolPort: number): Handlers<typeof TokensService> {
  return {
    createToken: (request, context) => createToken(request, context, { environment, enrolPort }),
    listTokens: (_, context) => listTokens(context, environment),
    revokeToken: (request, context) => revokeToken(request, context, environment),
  };
}

async function createToken(
  request: CreateTokenRequest,
  context: CallContext,
  { environment, enrolPort }: { readonly environment: CallEnvironment; readonly enrolPort: number },
): Promise<CreateTokenResponse> {
  const { tokens, register } = assertMaster(environment, 'CreateToken', context);
  const { view, clock, randomBytes, authorities, events, logger } = environment;
  const facts = { known: register.find(request.host), masterAddresses: masterAddressesOf(view) };
  const { ttlMs, ...wanted } = wantedTokenOf(request, facts);
  const now = clock.now();
  const secret = randomBytes(joinTokenSecretBytes);
  const token: TokenRecord = {
    ...wanted,
    id: Buffer.from(randomBytes(idBytes)).toString('hex'),
    secretHash: secretHashOf(secret),
    createdBy: context.caller.host,
    createdAtMs: now.getTime(),
    expiresAtMs: now.getTime() + ttlMs,
    usedBy: [],
  };
  const endpoints = tokenEndpointsOf(view.config, view.ownHost.addresses, enrolPort);
  const pin = authorities.easycerts.certificate.spkiFingerprint;
  const line = encodeJoinToken({ endpoints, id: token.id, secret, pin });
  await tokens.forgetEnded(now);
  await tokens.change(token.id, (found) => {
    if (found !== undefined) throw new AppError('CONFLICT', 'make a token: its random id is taken');
    return { token, result: undefined };
  });
  const { id: tokenId, role, host, uses } = token;
  logger.info(
    { tokenId, role, host, uses, expiresAt: new Date(token.expiresAtMs), by: token.createdBy },
    'made a token',
  );
  publishTokenCreated(events, token);
  return { token: line, description: describeToken(token, now) };
}

async function listTokens(context: CallContext, environment: CallEnvironment): Promise<ListTokensResponse> {
  const { tokens } = assertMaster(environment, 'ListTokens', context);
  const now = environment.clock.now();
  await tokens.forgetEnded(now);
  const newestFirst = [...tokens.all()].sort(
    (one, other) => other.createdAtMs - one.createdAtMs || (one.id < other.id ? -1 : 1),
  );
  return { tokens: newestFirst.map((token) => describeToken(token, now)) };
}

async function revokeToken(
  { id: tokenId }: RevokeTokenRequest,
  context: CallContext,
  environment: CallEnvironment,
): Promise<RevokeTokenResponse> {
  const { tokens } = assertMaster(environment, 'RevokeToken', context);
  const { clock, events, logger } = environment;
  if (!/^[0-9a-f]{12}$/.test(tokenId)) {
    throw new AppError('INVALID_INPUT', `${JSON.stringify(tokenId.slice(0, 40))} is not the id of a token`, {
      details: { cure: 'take one from `ca token list`' },
    });
  }
  const at = clock.now();
  const outcome = await tokens.change<'unknown' | 'unchanged' | 'revoked'>(tokenId, (found) => {
    if (found === undefined) return { result: 'unknown' };
    const token = revoked(found, at);
    return token === found ? { result: 'unchanged' } : { token, result: 'revoked' };
  });
  if (outcome === 'unknown') {
    throw new AppError('NOT_FOUND', `there is no token ${tokenId}`, { details: { cure: 'see `ca token list`' } });
  }
  if (outcome === 'revoked') {
    const by = context.caller.host;
    logger.info({ tokenId, by }, 'revoked a token');
    publishTokenRevoked(events, { tokenId, by, at });
  }
  return {};
}
