/** The service Automations: masters let programs read events. */

import type { AutomationsService, ListAutomationsResponse } from '@easycerts/contracts';
import { toAppError } from '@easycerts/core';
import { automationConsumerOf, type CallContext, type Handlers } from '@easycerts/runtime';
import { readableSubjectsOf } from '../../core/readable-events.ts';
import { assertMaster, type CallEnvironment, type Stores } from '../call-environment.ts';
import { createAutomation } from './create-automation.ts';
import { describeAutomation } from './describe-automation.ts';
import { revokeAutomation } from './revoke-automation.ts';

/** The handlers. Changes come one after the other: there are few, and two of one name must not mix. */
export function createAutomationHandlers(environment: CallEnvironment): Handlers<typeof AutomationsService> {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
  return {
    createAutomation: (request, context) => inTurn(() => createAutomation(environment, request, context)),
    listAutomations: (_, context) => listAutomations(environment, context),
    revokeAutomation: (request, context) => inTurn(() => revokeAutomation(environment, request, context)),
  };
}

async function listAutomations(environment: CallEnvironment, context: CallContext): Promise<ListAutomationsResponse> {
  const { automations } = assertMaster(environment, 'ListAutomations', context);
  const byName = [...automations.all].sort((one, other) => (one.name < other.name ? -1 : 1));
  return { automations: byName.map(describeAutomation) };
}

/** Makes consumers that are not there (a bus that has lost its disk), and follows changed groups of events; never throws. */
export async function ensureConsumers(environment: CallEnvironment, { automations }: Stores): Promise<void> {
  for (const { name, read } of automations.all) {
    try {
      await environment.consumers.ensure(automationConsumerOf(name), readableSubjectsOf(read));
    } catch (error) {
      const err = toAppError(error, `make the consumer of automation ${name}`);
      environment.logger.warn({ err }, 'an automation may not find its events');
    }
  }
}
