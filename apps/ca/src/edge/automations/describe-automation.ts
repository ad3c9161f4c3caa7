/** An automation as the API shows it. */

import type { Automation as AutomationDescription } from '@easycerts/contracts';
import { automationConsumerOf } from '@easycerts/runtime';
import type { Automation } from '../../core/automation.ts';

export function describeAutomation(automation: Automation): AutomationDescription {
  const { name, read, serial, createdAtMs, notAfterMs } = automation;
  return { name, read: [...read], consumer: automationConsumerOf(name), serial, createdAtMs, notAfterMs };
}
