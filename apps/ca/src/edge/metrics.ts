/** What Prometheus may know of the CA: closed label sets only. */

import type { AuthorityName } from '@easycerts/cluster';
import type { DenyReason } from '@easycerts/core';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Authorities } from './authority-files.ts';

export interface Metrics {
  readonly registry: Registry;
  issued(authority: AuthorityName): void;
  refused(reason: DenyReason): void;
  joined(): void;
  signed(durationS: number): void;
  committed(records: number): void;
}

export interface MetricsSources {
  readonly authorities: Authorities;
  readonly isLedgerReady: () => boolean;
  readonly ledgerSize: () => number;
  readonly isBusConnected: () => boolean;
  readonly hosts: () => number;
  /** Join tokens that somebody may still use. */
  readonly tokens: () => number;
}

/** Metrics in a registry of their own. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  const issued = new Counter({
    name: 'easycerts_ca_certificates_issued_total',
    help: 'Certificates signed and recorded',
    labelNames: ['authority'],
    registers,
  });
  const refused = new Counter({
    name: 'easycerts_ca_calls_refused_total',
    help: 'Calls refused, by the reason of the policy',
    labelNames: ['reason'],
    registers,
  });
  const joined = new Counter({
    name: 'easycerts_ca_hosts_joined_total',
    help: 'Hosts that got their identity for a join token',
    registers,
  });
  const signing = new Histogram({
    name: 'easycerts_ca_sign_duration_seconds',
    help: 'From the request to the recorded certificate',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const batches = new Histogram({
    name: 'easycerts_ca_ledger_batch_records',
    help: 'Records in one message of the ledger',
    buckets: [1, 2, 5, 10, 25, 50, 100, 200],
    registers,
  });
  const expiry = new Gauge({
    name: 'easycerts_ca_authority_not_after_seconds',
    help: 'End of validity of each CA, seconds since the epoch',
    labelNames: ['authority'],
    registers,
  });
  for (const [name, { certificate }] of Object.entries(sources.authorities)) {
    expiry.set({ authority: name }, certificate.notAfter.getTime() / 1_000);
  }
  gauge('easycerts_ca_ledger_ready', 'Whether the ledger is loaded', () => Number(sources.isLedgerReady()));
  gauge('easycerts_ca_ledger_certificates', 'Certificates in the ledger', sources.ledgerSize);
  gauge('easycerts_ca_bus_connected', 'Whether the bus is connected', () => Number(sources.isBusConnected()));
  gauge('easycerts_ca_hosts', 'Hosts in the register', sources.hosts);
  gauge('easycerts_ca_join_tokens', 'Join tokens that are valid', sources.tokens);
  return {
    registry,
    issued: (authority) => issued.inc({ authority }),
    refused: (reason) => refused.inc({ reason }),
    joined: () => joined.inc(),
    signed: (durationS) => signing.observe(durationS),
    committed: (records) => batches.observe(records),
  };
}
