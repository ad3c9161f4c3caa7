/** The service CfsslKeys: keys are made, replaced, listed and revoked by masters only. */

import type { KeyObject } from 'node:crypto';
import type {
  CfsslKeyDescription,
  CfsslKeysService,
  CreateCfsslKeyRequest,
  CreateCfsslKeyResponse,
  RevokeCfsslKeyRequest,
  RotateCfsslKeyRequest,
  RotateCfsslKeyResponse,
} from '@easycerts/contracts';
import { AppError } from '@easycerts/core';
import type { CallContext, Handlers } from '@easycerts/runtime';
import { type CfsslKeyRecord, createdKey, keyStateOf, rotatedKey } from '../../core/cfssl/key-record.ts';
import { keyIdOf, overlapMsOf, wantedKeyOf } from '../../core/cfssl/key-request.ts';
import { publishCfsslKeyCreated } from '../../events.ts';
import { assertMaster, type CallEnvironment } from '../call-environment.ts';
import { masterAddressesOf } from '../tokens/master-addresses.ts';
import { deriveKey, keyText } from './derived-key.ts';
import { revokeKey, revokeKeysOf } from './revoke-keys.ts';

/** The handlers. `secret`: undefined while the API of cfssl is off. */
export function createCfsslKeyHandlers(
  environment: CallEnvironment,
  secret: KeyObject | undefined,
): Handlers<typeof CfsslKeysService> {
  return {
    createCfsslKey: (request, context) => create(request, context, { environment, secret }),
    rotateCfsslKey: (request, context) => rotate(request, context, { environment, secret }),
    listCfsslKeys: async (_, context) => {
      const { cfsslKeys } = assertMaster(environment, 'ListCfsslKeys', context);
      const sorted = [...cfsslKeys.all()].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
      return { keys: sorted.map((record) => describe(record, environment.clock.now())) };
    },
    revokeCfsslKey: (request, context) => revoke(request, context, environment),
  };
}

interface Making {
  readonly environment: CallEnvironment;
  readonly secret: KeyObject | undefined;
}

async function create(
  request: CreateCfsslKeyRequest,
  context: CallContext,
  { environment, secret: given }: Making,
): Promise<CreateCfsslKeyResponse> {
  const stores = assertMaster(environment, 'CreateCfsslKey', context);
  const secret = present(given);
  const { cfsslKeys, register } = stores;
  const { view, clock } = environment;
  const facts = { config: view.config, known: register.find(request.host), masterAddresses: masterAddressesOf(view) };
  const { id, register: newHost } = wantedKeyOf(request, facts);
  if (newHost !== undefined) await register.register(newHost);
  const now = clock.now();
  const record = await cfsslKeys.change<CfsslKeyRecord>(id, (found) => {
    if (found !== undefined && found.revokedAtMs === 0) {
      throw new AppError('ALREADY_EXISTS', `${id.host} has a key for the profile ${id.profile}`, {
        details: { cure: `replace it: \`ca cfssl-key rotate --host ${id.host} --profile ${id.profile}\`` },
      });
    }
    const made = createdKey(found, { ...id, now });
    return { record: made, result: made };
  });
  // The host may have been removed meanwhile: the next one with its name must not find a key.
  if (register.find(id.host)?.isRevoked !== false) {
    await revokeKeysOf(environment, stores, { host: id.host, by: context.caller.host });
    throw new AppError('FAILED_PRECONDITION', `make a key for ${id.host}: the host was removed meanwhile`);
  }
  return told(record, context, { environment, secret });
}

async function rotate(
  request: RotateCfsslKeyRequest,
  context: CallContext,
  { environment, secret: given }: Making,
): Promise<RotateCfsslKeyResponse> {
  const { cfsslKeys } = assertMaster(environment, 'RotateCfsslKey', context);
  const secret = present(given);
  const id = keyIdOf(request);
  const overlapMs = overlapMsOf(request.overlapS);
  const now = environment.clock.now();
  const record = await cfsslKeys.change<CfsslKeyRecord | undefined>(id, (found) => {
    if (found === undefined || found.revokedAtMs > 0) return { result: undefined };
    const next = rotatedKey(found, now, overlapMs);
    return { record: next, result: next };
  });
  if (record === undefined) throw noKey(id);
  return told(record, context, { environment, secret });
}

async function revoke(request: RevokeCfsslKeyRequest, context: CallContext, environment: CallEnvironment) {
  const stores = assertMaster(environment, 'RevokeCfsslKey', context);
  const id = keyIdOf(request);
  const outcome = await revokeKey(environment, stores, { id, by: context.caller.host });
  if (outcome === 'unknown') throw noKey(id);
  return {};
}

function told(
  record: CfsslKeyRecord,
  context: CallContext,
  { environment, secret }: { readonly environment: CallEnvironment; readonly secret: KeyObject },
): CreateCfsslKeyResponse {
  const { events, logger, clock } = environment;
  const { host, profile, generation } = record;
  const by = context.caller.host;
  logger.info({ host, profile, generation, by }, 'made a cfssl key');
  publishCfsslKeyCreated(events, record, by);
  return { key: keyText(deriveKey(secret, record)), description: describe(record, clock.now()) };
}

function describe(record: CfsslKeyRecord, now: Date): CfsslKeyDescription {
  return { ...record, state: keyStateOf(record, now) };
}

function nameOf({ host, profile }: CfsslKeyRecord): string {
  return `${host} ${profile}`;
}

function present(secret: KeyObject | undefined): KeyObject {
  if (secret !== undefined) return secret;
  throw new AppError('FAILED_PRECONDITION', 'the API of cfssl is off', {
    details: { cure: 'set pki.cfssl.enable in cluster.yaml and restart the CA' },
  });
}

function noKey({ host, profile }: Pick<CfsslKeyRecord, 'host' | 'profile'>): AppError {
  return new AppError('NOT_FOUND', `${host} has no key for the profile ${profile}`, {
    details: { cure: 'see `ca cfssl-key list`' },
  });
}
