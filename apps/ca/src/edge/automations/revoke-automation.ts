/** RevokeAutomation: certificate, connections, consumer and record, in this order, so that it can be repeated. */

import { isHostName } from '@easycerts/cluster';
import type { RevokeAutomationRequest, RevokeAutomationResponse } from '@easycerts/contracts';
import { AppError } from '@easycerts/core';
import { automationConsumerOf, type CallContext } from '@easycerts/runtime';
import { publishAutomationRevoked } from '../../events.ts';
import { assertMaster, type CallEnvironment } from '../call-environment.ts';
import { recordOf } from '../ledger.ts';
import { revokeRecords } from '../revoke-records.ts';

/** How long the events may take to get stored before the record is deleted all the same. */
const flushMs = 5_000;

/** Answers one call; calls about automations come one after the other. */
export async function revokeAutomation(
  environment: CallEnvironment,
  { name }: RevokeAutomationRequest,
  context: CallContext,
): Promise<RevokeAutomationResponse> {
  const stores = assertMaster(environment, 'RevokeAutomation', context);
  const automation = isHostName(name) ? stores.automations.find(name) : undefined;
  if (automation === undefined) {
    throw new AppError('NOT_FOUND', `there is no automation ${JSON.stringify(name.slice(0, 100))}`, {
      details: { cure: 'see `ca automation list`' },
    });
  }
  const { events, clock, logger, consumers } = environment;
  const { serial } = automation;
  const record = await recordOf(stores.ledger, serial);
  const atMs = stores.revocations.find(serial)?.revokedAtMs ?? clock.now().getTime();
  await revokeRecords(environment, stores, { records: [record], reason: 'automation-revoked', atMs });
  await consumers.remove(automationConsumerOf(name));
  const by = context.caller.host;
  logger.info({ automation: name, serial, by }, 'an automation may read no more');
  publishAutomationRevoked(events, { automation, by, at: new Date(atMs) });
  await events.flush(flushMs);
  await stores.automations.remove(name);
  return {};
}
