/** Sign: policy, signature, self-check, ledger, and only then the answer. */

import type { SignRequest, SignResponse } from '@easycerts/contracts';
import type { DenyReason, Finding } from '@easycerts/core';
import { AppError, firstFinding } from '@easycerts/core';
import type { CallContext } from '@easycerts/runtime';
import { standingChecks } from '../core/caller-checks.ts';
import type { LedgerRecord } from '../core/ledger-record.ts';
import { type Attempt, type Authorised, authorise, isAdmitted } from '../core/policy.ts';
import { trustBundleOf } from './authority-files.ts';
import { type CallEnvironment, type Stores, standingOf, writableStoresOf } from './call-environment.ts';
import { issueOnce } from './issue-once.ts';
import { recordOf } from './ledger.ts';
import { refusalError } from './refusal-error.ts';

/** The handler of Sign. */
export function createSign(environment: CallEnvironment) {
  return async (request: SignRequest, context: CallContext): Promise<SignResponse> => {
    const startedMs = environment.clock.now().getTime();
    const stores = writableStoresOf(environment);
    const isWithinRate = environment.maySign(context.caller.host);
    const attempt = (): Attempt => attemptOf(request, context, { environment, stores, isWithinRate });
    const csr = isAdmitted(attempt()) ? await environment.signing.readCsr(request.csrDer) : undefined;
    const decide = (): Authorised =>
      authorise(
        { ...attempt(), csr },
        {
          certificatesOf: (host) => environment.view.certificatesOf(host),
          useOfKey: (fingerprint) => stores.ledger.useOfKey(fingerprint),
        },
      );
    const standing = () => firstFinding(standingChecks, { ...standingOf(stores, context), isWithinRate: true });
    const { signal } = context;
    const decision = await issueOnce({ decide, standing, signal }, environment, stores);
    switch (decision.kind) {
      case 'deny':
        throw refuse(environment, { request, context, finding: decision.finding });
      case 'repeat':
        return responseOf(environment, await recordOf(stores.ledger, decision.serial));
      case 'done':
        environment.metrics.signed((environment.clock.now().getTime() - startedMs) / 1_000);
        return responseOf(environment, decision.value);
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

function refuse(
  { audit }: CallEnvironment,
  refused: { readonly request: SignRequest; readonly context: CallContext; readonly finding: Finding<DenyReason> },
): AppError {
  const { request, context, finding } = refused;
  const { host } = context.caller;
  audit.signRefused(request.name, { host, finding, peer: context.peer });
  return refusalError(`sign ${JSON.stringify(request.name.slice(0, 100))} for host ${host}`, finding);
}

function responseOf({ authorities }: CallEnvironment, record: LedgerRecord): SignResponse {
  return {
    certificateDer: record.certificateDer,
    chainDer: [],
    trustBundlePem: trustBundleOf(authorities[record.authority]),
    serial: record.serial,
  };
}
