/** Every event of the CA: one function each, called after the thing is durable. */

import { hash, randomUUID } from 'node:crypto';
import { authorityNames } from '@easycerts/cluster';
import type { Fact } from '@easycerts/contracts';
import type { DenyReason, Finding } from '@easycerts/core';
import { type CertificateTemplate, canonicalNames, formatSubject } from '@easycerts/pki';
import type { EventPublisher } from '@easycerts/runtime';
import type { Automation } from './core/automation.ts';
import type { CfsslKeyRecord } from './core/cfssl/key-record.ts';
import type { LedgerRecord } from './core/ledger-record.ts';
import { type HostEnrolment, type HostRemoval, type RegisteredHost, roleOf } from './core/registered-host.ts';
import type { Revocation } from './core/revocation.ts';
import type { TokenRecord, TokenUse } from './core/token-record.ts';
import type { Authorities } from './edge/authority-files.ts';

/** Names from outside are cut: an event is no place for somebody's kilobytes. */
const maxForeignText = 100;

export function publishInitialized(events: EventPublisher, host: string, authorities: Authorities): void {
  const facts = authorityNames.map((authority) => {
    const { fingerprint, notAfter } = authorities[authority].certificate;
    return { authority, fingerprint, notAfter: notAfter.toISOString() };
  });
  const key = authorities.easycerts.certificate.fingerprint;
  events.publish({ type: 'ca.initialized', subject: host, key, data: { authorities: facts } });
}

export function publishStarted(
  events: EventPublisher,
  started: { readonly host: string; readonly version: string; readonly certificates: number; readonly at: Date },
): void {
  const { host, version, certificates, at } = started;
  events.publish({ type: 'ca.started', subject: host, key: at.toISOString(), data: { version, certificates } });
}

/** `says`: what the certificate of the record says. */
export function publishIssued(
  events: EventPublisher,
  record: LedgerRecord,
  says: Pick<CertificateTemplate, 'subject' | 'alternativeNames' | 'notBefore' | 'notAfter'>,
): void {
  const { host, name, authority, serial, reason } = record;
  const { dns, ip } = canonicalNames(says.alternativeNames);
  const fact: Fact<'certificate.issued'> = {
    type: 'certificate.issued',
    subject: `${host}/${name}`,
    key: serial,
    data: {
      host,
      certificate: name,
      authority,
      serial,
      fingerprint: hash('sha256', record.certificateDer),
      subject: formatSubject(says.subject),
      dnsNames: [...dns],
      ipAddresses: [...ip],
      notBefore: says.notBefore.toISOString(),
      notAfter: says.notAfter.toISOString(),
      reason,
    },
  };
  events.publish(fact, new Date(record.issuedAtMs));
}

export function publishRevoked(events: EventPublisher, revocation: Revocation): void {
  const { host, name, authority, serial, notAfterMs, revokedAtMs, reason } = revocation;
  const fact: Fact<'certificate.revoked'> = {
    type: 'certificate.revoked',
    subject: `${host}/${name}`,
    key: serial,
    data: { host, certificate: name, authority, serial, notAfter: new Date(notAfterMs).toISOString(), reason },
  };
  events.publish(fact, new Date(revokedAtMs));
}

export function publishLeft(
  events: EventPublisher,
  left: { readonly host: string; readonly revoked: number; readonly removal: HostRemoval },
): void {
  const { host, revoked, removal } = left;
  const { by, note, atMs } = removal;
  const at = new Date(atMs);
  const data = { host, revoked, by, ...(note === '' ? {} : { note }) };
  events.publish({ type: 'host.left', subject: host, key: at.toISOString(), data }, at);
}

export function publishAutomationCreated(events: EventPublisher, automation: Automation, by: string): void {
  const { name, read, serial, notAfterMs, createdAtMs } = automation;
  const data = { automation: name, read: [...read], serial, notAfter: new Date(notAfterMs).toISOString(), by };
  events.publish({ type: 'automation.created', subject: name, key: serial, data }, new Date(createdAtMs));
}

export function publishAutomationRevoked(
  events: EventPublisher,
  revoked: { readonly automation: Automation; readonly by: string; readonly at: Date },
): void {
  const { automation, by, at } = revoked;
  const { name, serial } = automation;
  events.publish({ type: 'automation.revoked', subject: name, key: serial, data: { automation: name, by } }, at);
}

export function publishCfsslKeyCreated(events: EventPublisher, record: CfsslKeyRecord, by: string): void {
  const { host, profile, generation, createdAtMs, previousUntilMs } = record;
  const previousUntil = previousUntilMs === 0 ? {} : { previousUntil: new Date(previousUntilMs).toISOString() };
  const fact: Fact<'cfssl-key.created'> = {
    type: 'cfssl-key.created',
    subject: `${host}/${profile}`,
    key: String(generation),
    data: { host, profile, generation, ...previousUntil, by },
  };
  events.publish(fact, new Date(createdAtMs));
}

export function publishCfsslKeyRevoked(events: EventPublisher, record: CfsslKeyRecord, by: string): void {
  const { host, profile, generation, revokedAtMs } = record;
  const data = { host, profile, generation, by };
  const subject = `${host}/${profile}`;
  events.publish({ type: 'cfssl-key.revoked', subject, key: String(generation), data }, new Date(revokedAtMs));
}

export interface Refusal {
  readonly host: string | undefined;
  readonly finding: Finding<DenyReason>;
  readonly peer: string;
}

export function publishRefused(events: EventPublisher, name: string, { host, finding, peer }: Refusal): void {
  const certificate = name.slice(0, maxForeignText);
  events.publish({
    type: 'certificate.refused',
    subject: `${host ?? 'unknown'}/${certificate}`,
    key: randomUUID(),
    data: { ...hostField(host), certificate, ...finding, peer },
  });
}

export function publishCallRefused(events: EventPublisher, method: string, { host, finding, peer }: Refusal): void {
  events.publish({
    type: 'call.refused',
    subject: `${host ?? 'unknown'}/${method}`,
    key: randomUUID(),
    data: { ...hostField(host), method, ...finding, peer },
  });
}

export function publishTokenCreated(events: EventPublisher, token: TokenRecord): void {
  const { id, role, host, uses, note, createdBy, createdAtMs, expiresAtMs } = token;
  const createdAt = new Date(createdAtMs);
  const data = { tokenId: id, role, ...hostField(host), uses, note, by: createdBy };
  const expiresAt = new Date(expiresAtMs).toISOString();
  const key = createdAt.toISOString();
  events.publish({ type: 'token.created', subject: id, key, data: { ...data, expiresAt } }, createdAt);
}

export function publishTokenRevoked(
  events: EventPublisher,
  { tokenId, by, at }: { readonly tokenId: string; readonly by: string; readonly at: Date },
): void {
  events.publish({ type: 'token.revoked', subject: tokenId, key: at.toISOString(), data: { tokenId, by } }, at);
}

/** Told again (a repeated request), it is the same fact. */
export function publishTokenUsed(
  events: EventPublisher,
  { token, use, peer }: { readonly token: TokenRecord; readonly use: TokenUse; readonly peer: string },
): void {
  const { id: tokenId, role, uses, usedBy } = token;
  const { host, requestHash, atMs } = use;
  const usesLeft = uses - 1 - usedBy.findIndex((other) => other.requestHash === requestHash);
  const data = { tokenId, host, role, peer, usesLeft };
  events.publish({ type: 'token.used', subject: tokenId, key: host, data }, new Date(atMs));
}

/** Told again (a repeated request), it is the same fact. */
export function publishHostJoined(
  events: EventPublisher,
  { record, enrolment }: RegisteredHost & { readonly enrolment: HostEnrolment },
  peer: string,
): void {
  const { tokenId, serial, joinedAtMs } = enrolment;
  const { name: host, addresses } = record;
  const data = { host, role: roleOf(record), addresses: [...addresses], tokenId, serial, peer };
  events.publish({ type: 'host.joined', subject: host, key: serial, data }, new Date(joinedAtMs));
}

export interface EnrolmentRefusal extends Refusal {
  /** What was said to be the id of a token. */
  readonly tokenId: string;
}

export function publishTokenRefused(events: EventPublisher, refusal: EnrolmentRefusal): void {
  const { tokenId, host, finding, peer } = refusal;
  const data = { tokenId, host: host ?? '', ...finding, peer };
  events.publish({ type: 'token.refused', subject: tokenId, key: randomUUID(), data });
}

function hostField(host: string | undefined): { host?: string } {
  return host === undefined ? {} : { host };
}
