/** The steps of making a package, each told when it begins to take long and when it is done. */

import { performance } from 'node:perf_hooks';
import type { AssetEvent } from '@easycerts/kube-assets';

/** The same shape as the progress of the programs, so that whoever shows one shows the other. */
export type PackageReport = (event: AssetEvent) => void;

export interface Steps {
  /** Does a step. */
  run<T>(name: StepName, work: () => Promise<T>): Promise<T>;
  /** Says what takes so long. */
  tell(name: StepName, detail: string): void;
  /** The step had nothing to do. */
  tellCached(name: StepName, detail: string): void;
}

export const stepNames = ['Node.js', 'nats-server', 'script', 'commands', 'executable', 'package'] as const;
export type StepName = (typeof stepNames)[number];

export function openSteps(report: PackageReport | undefined): Steps {
  const tell = (kind: AssetEvent['kind'], name: StepName, more: Partial<AssetEvent> = {}): void =>
    report?.({ kind, name, index: stepNames.indexOf(name) + 1, total: stepNames.length, ...more });
  return {
    async run(name, work) {
      const startedMs = performance.now();
      const elapsed = (): { elapsedMs: number } => ({ elapsedMs: Math.round(performance.now() - startedMs) });
      try {
        const result = await work();
        tell('done', name, elapsed());
        return result;
      } catch (error) {
        tell('failed', name, { detail: error instanceof Error ? error.message : String(error), ...elapsed() });
        throw error;
      }
    },
    tell: (name, detail) => tell('start', name, { detail }),
    tellCached: (name, detail) => tell('cached', name, { detail }),
  };
}
