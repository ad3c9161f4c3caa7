/** The programs that may read events: bucket `automations` of the bus, followed live. */

import type { KeyValueBucket, Logger } from '@easycerts/runtime';
import { type Automation, decodeAutomation, encodeAutomation } from '../../core/automation.ts';

export const automationsBucket = 'automations';

export interface AutomationStore {
  /** undefined: unknown, or its record is damaged. */
  find(name: string): Automation | undefined;
  readonly all: readonly Automation[];
  /** Writes its record, in the place of an older one. */
  put(automation: Automation): Promise<void>;
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Reads the bucket and follows it; `onLess` hears when an automation is gone or another. AppError UNAVAILABLE without the bus. */
export async function openAutomationStore(
  bucket: KeyValueBucket,
  logger: Logger,
  onLess: () => void = () => undefined,
): Promise<AutomationStore> {
  const automations = new Map<string, Automation>();
  const take = (name: string, value: Uint8Array | undefined): void => {
    const before = automations.get(name);
    // Whatever goes wrong below, it is not known any more.
    automations.delete(name);
    try {
      if (value !== undefined) automations.set(name, decodeAutomation(name, value));
    } catch (err) {
      logger.error({ err }, 'an automation is not let in');
    }
    if (before !== undefined && automations.get(name)?.serial !== before.serial) onLess();
  };
  for (const { key, value } of await bucket.entries()) take(key, value);
  const stopWatching = await bucket.watch(take);
  return {
    find: (name) => automations.get(name),
    get all() {
      return [...automations.values()];
    },
    async put(automation) {
      const value = encodeAutomation(automation);
      await bucket.put(automation.name, value);
      take(automation.name, value);
    },
    async remove(name) {
      await bucket.delete(name);
      take(name, undefined);
    },
    close: stopWatching,
  };
}
