/**
 * CreateAutomation: lets a program read events.
 *
 *   ASKED ──authoriseAutomation──▶ ALLOWED ──▶ RECORDED (ledger) ──▶ its consumer ──▶ KNOWN (bucket) ──▶ answered
 *                                     └─ repeat: goes on where it was interrupted ─┘
 *
 * Until it is known, its certificate opens nothing.
 */

import { hostInUrl } from '@easycerts/cluster';
import type { CreateAutomationRequest, CreateAutomationResponse } from '@easycerts/contracts';
import { AppError, type DenyReason, dayMs, type Finding, hourMs, secondMs } from '@easycerts/core';
import { automationConsumerOf, type CallContext } from '@easycerts/runtime';
import type { Automation } from '../../core/automation.ts';
import { authoriseAutomation } from '../../core/automation-policy.ts';
import { certificateOf, type LedgerRecord } from '../../core/ledger-record.ts';
import type { Authorised } from '../../core/policy.ts';
import { readableSubjectsOf } from '../../core/readable-events.ts';
import { publishAutomationCreated } from '../../events.ts';
import { trustBundleOf } from '../authority-files.ts';
import { assertMaster, type CallEnvironment, refuseCall, type Stores } from '../call-environment.ts';
import { issueAndRecord } from '../issue-and-record.ts';
import { recordOf } from '../ledger.ts';
import { describeAutomation } from './describe-automation.ts';

const method = 'CreateAutomation';
const defaultValidityS = (365 * dayMs) / secondMs;
const shortestValidityS = hourMs / secondMs;
const longestValidityS = (3_650 * dayMs) / secondMs;

/** Answers one call; calls about automations come one after the other. */
export async function createAutomation(
  environment: CallEnvironment,
  request: CreateAutomationRequest,
  context: CallContext,
): Promise<CreateAutomationResponse> {
  const stores = assertMaster(environment, method, context);
  stores.ledger.assertWritable();
  const subjects = readableSubjectsOf(request.read);
  const validityS = validityOf(request.ttlS);
  const { keyAlgorithm } = environment.view.config.pki;
  const decide = (): Authorised =>
    authoriseAutomation(
      { request, keyAlgorithm, validityS, now: environment.clock.now() },
      { useOfKey: (fingerprint) => stores.ledger.useOfKey(fingerprint) },
    );
  const first = decide();
  const serial = first.kind === 'repeat' ? first.serial : undefined;
  if (first.kind !== 'deny') assertFree(stores, { name: request.name, serial, now: environment.clock.now() });
  const decision = await environment.onceAKey({ first, again: decide }, (allowed) =>
    issueAndRecord(allowed.request, environment, stores),
  );
  if (decision.kind === 'deny') throw refuse(environment, context, decision.finding);
  const record = decision.kind === 'done' ? decision.value : await recordOf(stores.ledger, decision.serial);
  if (stores.revocations.has(record.serial)) {
    const detail = 'the certificate of this request has been revoked';
    throw refuse(environment, context, { reason: 'certificate-revoked', detail });
  }
  return finish({ environment, stores, context }, { request, subjects, record });
}

async function finish(
  { environment, stores, context }: { environment: CallEnvironment; stores: Stores; context: CallContext },
  made: {
    readonly request: CreateAutomationRequest;
    readonly subjects: readonly string[];
    readonly record: LedgerRecord;
  },
): Promise<CreateAutomationResponse> {
  const { request, subjects, record } = made;
  const { name, read } = request;
  const { serial, notAfterMs, issuedAtMs: createdAtMs, certificateDer } = record;
  const { fingerprint } = certificateOf(record);
  const automation: Automation = { name, read, serial, fingerprint, createdAtMs, notAfterMs };
  await environment.consumers.ensure(automationConsumerOf(name), subjects);
  await stores.automations.put(automation);
  const by = context.caller.host;
  environment.logger.info({ automation: name, read, serial, by }, 'an automation may read events');
  publishAutomationCreated(environment.events, automation, by);
  const { masterAddress, bus } = environment.view.config;
  return {
    certificateDer,
    trustBundlePem: trustBundleOf(environment.authorities.easycerts),
    serial,
    description: describeAutomation(automation),
    servers: [`tls://${hostInUrl(masterAddress)}:${bus.port}`],
  };
}

/** `serial`: of the certificate that was made for this very request before. */
function assertFree(
  { automations }: Stores,
  { name, serial, now }: { readonly name: string; readonly serial: string | undefined; readonly now: Date },
): void {
  const found = automations.find(name);
  if (found === undefined || found.serial === serial || found.notAfterMs <= now.getTime()) return;
  throw new AppError('ALREADY_EXISTS', `there is an automation ${name} already`, {
    details: { cure: `choose another name, or end that one first: ca automation revoke ${name}` },
  });
}

function validityOf(ttlS: number): number {
  if (ttlS === 0) return defaultValidityS;
  if (Number.isSafeInteger(ttlS) && ttlS >= shortestValidityS && ttlS <= longestValidityS) return ttlS;
  throw new AppError('INVALID_INPUT', `a lifetime of ${ttlS} s: less than an hour or more than 3650 days`, {
    details: { cure: 'choose one in between' },
  });
}

function refuse(environment: CallEnvironment, context: CallContext, finding: Finding<DenyReason>): AppError {
  return refuseCall(environment, { method, context, finding });
}
