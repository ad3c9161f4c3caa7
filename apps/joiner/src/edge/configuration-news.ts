/**
 * Tells the master, once for each document, that the components run with it: what a rollout waits for.
 *
 *   config-renderer: files of the components ──▶ applied.json
 *   here:            applied.json ──▶ files of the components       so what is seen of the files is at least as new
 */

import type { Paths } from '@easycerts/cluster';
import { type AppliedConfig, readAppliedConfig, type ServiceContext } from '@easycerts/runtime';
import { isConfigured } from '../core/is-configured.ts';
import type { UnitFacts } from '../core/plan.ts';
import { hostConfigured } from '../events.ts';
import type { Records } from './records.ts';

export interface ConfigurationNewsParts {
  readonly context: ServiceContext;
  readonly host: string;
  readonly paths: Pick<Paths, 'appliedConfig'>;
  readonly records: Records;
}

export class ConfigurationNews {
  readonly #parts: ConfigurationNewsParts;

  constructor(parts: ConfigurationNewsParts) {
    this.#parts = parts;
  }

  /** The document that is news, to be read before the components' files; undefined when there is none. */
  read(): AppliedConfig | undefined {
    const { paths, records } = this.#parts;
    const applied = readAppliedConfig(paths);
    const told = records.configured();
    const isTold = told?.digest === applied?.digest && told?.appliedAt === applied?.appliedAt;
    return isTold ? undefined : applied;
  }

  /** Tells of it, if the components run with what has been seen of their files since. */
  judge(applied: AppliedConfig | undefined, units: readonly UnitFacts[]): void {
    if (applied === undefined || !isConfigured(units)) return;
    const { context, host, records } = this.#parts;
    const { appliedAt, digest } = applied;
    const restarted = records.restarted();
    records.setConfigured({ digest, appliedAt });
    context.logger.info({ digest, restarted }, 'the components run with the configuration of the master');
    hostConfigured({ events: context.events, host }, { digest, appliedAt, restarted });
  }
}
