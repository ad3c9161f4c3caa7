/** Sign: policy, signature, self-check, ledger, and only then the answer. */

import type { SignRequest, SignResponse } from '@easycerts/contracts';
import type { DenyReason, Finding } from '@easycerts/core';
import { AppError, firstFinding } from '@easycerts/core';
import type { CallContext } from '@easycerts/runtime';
import { standingChecks } from '../core/caller-checks.ts';
import type { LedgerRecord } from '../core/ledger-record.ts';
import { type Authorised, authorise, type CheckedRequest } from '../core/policy.ts';
import { publishIssued } from '../events.ts';
import { trustBundleOf } from './authority-files.ts';
import { type CallEnvironment, type Stores, standingOf, storesOf } from './call-environment.ts';
import { issueChecked } from './issue-checked.ts';
import { refusalError } from './refusal-error.ts';
import { revokeRecords } from './revoke-records.ts';

/** Reasons that a newer configuration or newer facts of this host can take away. */
const mayBeOutdated: ReadonlySet<DenyReason> = new Set(['not-in-list', 'weak-key', 'subject', 'names', 'usages']);

/** The handler of Sign. */
export function createSign(environment: CallEnvironment) {
  /** Keys whose certificate is being made: a second request for one waits, and then finds it in the ledger. */
  const inFlight = new Map<string, Promise<unknown>>();

  return async (request: SignRequest, context: CallContext): Promise<SignResponse> => {
    const startedMs = environment.clock.now().getTime();
    const stores = writableStoresOf(environment);
    const isWithinRate = environment.maySign(context.caller.host);
    const decide = (): Authorised =>
      authorise(attemptOf(request, context, { environment, stores, isWithinRate }), {
        certificatesOf: (host) => environment.view.certificatesOf(host),
        useOfKey: (fingerprint) => stores.ledger.useOfKey(fingerprint),
      });

    let decision = decide();
    if (decision.kind === 'deny' && mayBeOutdated.has(decision.finding.reason) && (await environment.view.refresh())) {
      decision = decide();
    }
    while (decision.kind === 'allow') {
      const sameKey = inFlight.get(decision.request.spkiFingerprint);
      if (sameKey === undefined) break;
      await sameKey;
      decision = decide();
    }
    switch (decision.kind) {
      case 'deny':
        throw refuse(environment, { request, context, finding: decision.finding });
      case 'repeat':
        if (stores.revocations.has(decision.serial)) {
          const detail = 'the certificate of this request has been revoked';
          throw refuse(environment, { request, context, finding: { reason: 'certificate-revoked', detail } });
        }
        return responseOf(environment, await recordOf(stores, decision.serial));
      case 'allow': {
        context.signal.throwIfAborted();
        const { request: checked } = decision;
        const work = issueAndRecord(checked, environment, stores);
        const settled = work.catch(() => undefined);
        inFlight.set(checked.spkiFingerprint, settled);
        void settled.then(() => inFlight.delete(checked.spkiFingerprint));
        const record = await work;
        await assertStillStands(environment, stores, { record, request, context });
        environment.metrics.signed((environment.clock.now().getTime() - startedMs) / 1_000);
        return responseOf(environment, record);
      }
      default:
        throw new AppError('INTERNAL', `sign: unknown decision ${String(decision satisfies never)}`);
    }
  };
}

function attemptOf(
  request: SignRequest,
  context: CallContext,
  { environment, stores, isWithinRate }: { environment: CallEnvironment; stores: Stores; isWithinRate: boolean },
) {
  return { request, ...standingOf(stores, context), isWithinRate, now: environment.clock.now() };
}

/** A host may have been removed while its certificate was being made: then that is revoked like its others. */
async function assertStillStands(
  environment: CallEnvironment,
  stores: Stores,
  signed: { readonly record: LedgerRecord; readonly request: SignRequest; readonly context: CallContext },
): Promise<void> {
  const { record, request, context } = signed;
  const finding = firstFinding(standingChecks, { ...standingOf(stores, context), isWithinRate: true });
  if (finding === undefined) return;
  const reason = 'host-removed';
  await revokeRecords(environment, stores, { records: [record], reason, atMs: environment.clock.now().getTime() });
  throw refuse(environment, { request, context, finding });
}

async function issueAndRecord(
  request: CheckedRequest,
  environment: CallEnvironment,
  { ledger }: Stores,
): Promise<LedgerRecord> {
  const { authorities, clock, randomBytes, logger, metrics, events } = environment;
  const { certificate, record } = await issueChecked(request, { authorities, now: clock.now(), randomBytes });
  await ledger.append(record);
  const { serial, authority, host, name, reason } = record;
  logger.info(
    { host, certificate: name, authority, serial, reason, notAfter: certificate.notAfter },
    'issued a certificate',
  );
  metrics.issued(authority);
  publishIssued(events, record, certificate);
  return record;
}

function refuse(
  { audit }: CallEnvironment,
  refused: { readonly request: SignRequest; readonly context: CallContext; readonly finding: Finding<DenyReason> },
): AppError {
  const { request, context, finding } = refused;
  const { host } = context.caller;
  audit.signRefused(request.name, { host, finding, peer: context.peer });
  return refusalError(`sign ${JSON.stringify(request.name.slice(0, 100))} for host ${host}`, finding);
}

function writableStoresOf(environment: CallEnvironment): Stores {
  const stores = storesOf(environment);
  stores.ledger.assertWritable();
  return stores;
}

async function recordOf({ ledger }: Stores, serial: string): Promise<LedgerRecord> {
  const record = await ledger.find(serial);
  if (record === undefined) throw new AppError('INTERNAL', `ledger has lost ${serial} while it was running`);
  return record;
}

function responseOf({ authorities }: CallEnvironment, record: LedgerRecord): SignResponse {
  return {
    certificateDer: record.certificateDer,
    chainDer: [],
    trustBundlePem: trustBundleOf(authorities[record.authority]),
    serial: record.serial,
  };
}
