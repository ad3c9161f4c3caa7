/** What has to be in ledger and register before the first call is answered. */

import { certificateOf } from '../core/ledger-record.ts';
import { publishInitialized, publishIssued } from '../events.ts';
import { ensureConsumers } from './automations/automation-handlers.ts';
import type { CallEnvironment, Stores } from './call-environment.ts';
import { importJournal } from './import-journal.ts';
import { finishRemovals } from './remove-host.ts';

/** Registers this host and records what `ca init` issued. AppError UNAVAILABLE without the bus, DAMAGED for the journal. */
export async function prepareStores(stores: Stores, environment: CallEnvironment, caDirectory: string): Promise<void> {
  const { register, ledger, tokens } = stores;
  const { view, authorities, events, logger, clock } = environment;
  await register.register(view.ownHost);
  await finishRemovals(environment, stores);
  await ensureConsumers(environment, stores);
  await tokens.forgetEnded(clock.now());
  const imported = await importJournal(caDirectory, authorities, ledger);
  if (imported.length === 0) return;
  logger.info({ certificates: imported.length }, 'recorded what ca init issued');
  publishInitialized(events, view.ownHost.name, authorities);
  for (const record of imported) publishIssued(events, record, certificateOf(record));
}
