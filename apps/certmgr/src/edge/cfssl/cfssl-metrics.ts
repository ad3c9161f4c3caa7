/** Metrics under the names that certmgr gives them, so that dashboards and alerts go on; made when they are asked for. */

import { Counter, Gauge, Registry } from 'prom-client';
import type { CertificatePlan } from '../../core/plan.ts';
import type { Authorities } from './authorities.ts';
import type { CfsslCounters, CounterName } from './cfssl-counters.ts';
import type { LoadedCfsslSpec } from './cfssl-spec-files.ts';

/** What the daemon knows after its last pass. */
export interface MetricsSource {
  readonly specs: readonly LoadedCfsslSpec[];
  readonly plans: readonly CertificatePlan[];
  readonly wakeAtMs: number;
  readonly authorities: Authorities;
  readonly counters: CfsslCounters;
}

/** `name` is the path of the spec file, as with certmgr; every other label set is closed. */
export function cfsslMetrics(source: () => MetricsSource): Registry {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'certmgr_spec_expire_timestamp',
    help: 'The unix time for when the given spec and PKI type expires',
    labelNames: ['name', 'type'],
    registers,
    collect() {
      this.reset();
      const { specs, plans, authorities } = source();
      const ends = new Map(plans.map(({ name, notAfterMs }) => [name, notAfterMs]));
      for (const { file, spec } of specs) {
        const notAfterMs = ends.get(spec.name);
        const caNotAfterMs = authorities.get(spec.cfssl.authority)?.notAfterMs;
        if (notAfterMs !== undefined) this.set({ name: file, type: 'cert' }, notAfterMs / 1_000);
        if (caNotAfterMs !== undefined) this.set({ name: file, type: 'ca' }, caNotAfterMs / 1_000);
      }
    },
  });
  gauge(registry, source, {
    name: 'certmgr_spec_expire_before_duration_seconds',
    help: 'When a spec is within this number of seconds of an expiry, renewal begins',
    value: ({ spec }) => spec.cfssl.beforeMs / 1_000,
  });
  gauge(registry, source, {
    name: 'certmgr_spec_spec_next_wake_timestamp',
    help: 'The epoch value of when this spec will next awaken to perform checks',
    value: (_, { wakeAtMs }) => Math.floor(wakeAtMs / 1_000),
  });
  counter(registry, source, 'writes', 'certmgr_spec_write_count', 'The number of times PKI on disk has been rewritten');
  counter(
    registry,
    source,
    'writeFailures',
    'certmgr_spec_write_failure_count',
    'The number of times PKI on disk failed to be rewritten',
  );
  counter(
    registry,
    source,
    'requestFailures',
    'certmgr_spec_request_failure_count',
    'Number of failed requests to CA authority for new PKI material',
  );
  counter(
    registry,
    source,
    'actionFailures',
    'certmgr_spec_action_failure_count',
    'The number of times the action of a spec failed; it is tried again',
  );
  return registry;
}

interface GaugeOfSpecs {
  readonly name: string;
  readonly help: string;
  readonly value: (loaded: LoadedCfsslSpec, source: MetricsSource) => number;
}

function gauge(registry: Registry, source: () => MetricsSource, { name, help, value }: GaugeOfSpecs): void {
  new Gauge({
    name,
    help,
    labelNames: ['name'],
    registers: [registry],
    collect() {
      this.reset();
      const now = source();
      for (const loaded of now.specs) this.set({ name: loaded.file }, value(loaded, now));
    },
  });
}

function counter(
  registry: Registry,
  source: () => MetricsSource,
  counted: CounterName,
  name: string,
  help: string,
): void {
  new Counter({
    name,
    help,
    labelNames: ['name'],
    registers: [registry],
    collect() {
      this.reset();
      const { specs, counters } = source();
      for (const { file, spec } of specs) this.inc({ name: file }, counters.get(counted, spec.name));
    },
  });
}
