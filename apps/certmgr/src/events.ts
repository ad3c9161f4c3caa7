/** The events of certmgr: each published after its fact is durable, and the same fact always with the same key. */

import { createHash } from 'node:crypto';
import type { AuthorityName, CertificateSpec } from '@easycerts/cluster';
import type { ErrorCode, ReissueReason } from '@easycerts/core';
import type { EventPublisher } from '@easycerts/runtime';
import type { LeafFacts } from './core/observation.ts';

export interface Delivery {
  readonly spec: Pick<CertificateSpec, 'name' | 'authority' | 'directory'>;
  readonly leaf: LeafFacts;
  readonly reason: ReissueReason;
  /** Of the certificate that was there before. */
  readonly previousSerial: string | undefined;
}

export interface Failure {
  readonly name: string;
  readonly reason: ReissueReason;
  readonly code: ErrorCode;
  readonly message: string;
  /** 0 when a person has to act first. */
  readonly retryInMs: number;
  readonly attempts: number;
}

/** A set is in place: the first one, or in the place of another. */
export function certificateDelivered(events: EventPublisher, host: string, delivery: Delivery): void {
  const { spec, leaf, reason, previousSerial } = delivery;
  const data = {
    host,
    certificate: spec.name,
    authority: spec.authority,
    serial: leaf.serial,
    fingerprint: leaf.fingerprint,
    notAfter: new Date(leaf.notAfterMs).toISOString(),
    reason,
    path: spec.directory,
  };
  const fact = { subject: spec.name, key: leaf.serial };
  if (previousSerial === undefined) events.publish({ type: 'certificate.delivered', ...fact, data });
  else events.publish({ type: 'certificate.renewed', ...fact, data: { ...data, previousSerial } });
}

/** A certificate could not be had or delivered; the one in use stays. */
export function certificateFailed(events: EventPublisher, host: string, failure: Failure, at: Date): void {
  const { name, ...data } = failure;
  events.publish({
    type: 'certificate.failed',
    subject: name,
    key: at.toISOString(),
    data: { host, certificate: name, ...data },
  });
}

/** `ca.crt` of a set was replaced, certificate and key were not. */
export function trustBundleUpdated(
  events: EventPublisher,
  host: string,
  update: { readonly spec: CertificateSpec; readonly bundlePem: string },
  at: Date,
): void {
  const { name, authority, directory } = update.spec;
  const digest = createHash('sha256').update(update.bundlePem).digest('hex').slice(0, 16);
  const data: { host: string; certificate: string; authority: AuthorityName; path: string } = {
    host,
    certificate: name,
    authority,
    path: directory,
  };
  events.publish({ type: 'trust-bundle.updated', subject: name, key: `${digest}@${at.toISOString()}`, data });
}
