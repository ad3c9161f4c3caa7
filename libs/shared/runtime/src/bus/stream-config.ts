/** The streams of the bus and their limits. All of them lie in files; nats.conf makes every acknowledged message durable. */

import { dayMs, minuteMs } from '@easycerts/core';
import type { StreamConfig } from '@nats-io/jetstream';
import { DiscardPolicy, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

export type NamedStreamConfig = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>;

export const eventsStream = 'EVENTS';
export const auditStream = 'AUDIT';

/** Repetitions within this time are dropped when they are published. */
const duplicateWindowMs = 10 * minuteMs;
/** An event has some 700 bytes; the largest (a failed component with the last lines of its log) some 20 kB. */
const maxEventBytes = 64 * 1024;
/** Reserved on disk when the stream is made, so not larger than a small machine can give. */
const maxEventsBytes = 512 * 1024 * 1024;
const maxAuditBytes = 256 * 1024 * 1024;
/** One durable consumer a node; nats-server's own limit is 1,000. */
const maxEventConsumers = 20_000;

const common = {
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  num_replicas: 1,
  allow_rollup_hdrs: false,
  duplicate_window: nanos(duplicateWindowMs),
} as const satisfies Partial<StreamConfig>;

/** Events of hosts and cluster; the oldest give way. */
export const eventsStreamConfig: NamedStreamConfig = {
  ...common,
  name: eventsStream,
  description: 'what happened on the hosts and in the cluster',
  subjects: ['easycerts.v1.host.*.>', 'easycerts.v1.cluster.>'],
  discard: DiscardPolicy.Old,
  max_age: nanos(30 * dayMs),
  max_bytes: maxEventsBytes,
  max_msg_size: maxEventBytes,
  max_consumers: maxEventConsumers,
  allow_atomic: true,
};

/** Refusals: apart from EVENTS, so that a host that floods its events cannot push them out. */
export const auditStreamConfig: NamedStreamConfig = {
  ...common,
  name: auditStream,
  description: 'what was refused, and to whom',
  subjects: ['easycerts.v1.audit.>'],
  discard: DiscardPolicy.Old,
  max_age: nanos(400 * dayMs),
  max_bytes: maxAuditBytes,
  max_msg_size: maxEventBytes,
  allow_atomic: true,
  deny_delete: true,
};

/** A stream that nothing falls out of: no limits, and neither deletion nor purging. */
export function recordStreamConfig(name: string, subjects: readonly string[]): NamedStreamConfig {
  return {
    ...common,
    name,
    subjects: [...subjects],
    discard: DiscardPolicy.New,
    deny_delete: true,
    deny_purge: true,
  };
}
