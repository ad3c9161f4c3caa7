/**
 * Every event there is. A public interface: types and fields are only ever added. Facts in the past tense, published after
 * the thing is durable, without secrets. docs/events.md and docs/asyncapi.json are generated from this list.
 */

import { componentActionReasons, denyReasons, reissueReasons } from '@easycerts/core';
import { z } from 'zod';
import type { EventDefinition } from './event-definition.ts';

const host = z.string().describe('name of the host');
const certificate = z.string().describe('name in the certificate list, such as kubelet-client');
const authority = z.string().describe('the issuing authority: kubernetes, etcd, front-proxy, easycerts or services');
const serial = z.string().describe('serial number, lowercase hexadecimal');
const notAfter = z.iso.datetime().describe('end of validity');
const fingerprint = z.string().describe('SHA-256 of the certificate, lowercase hexadecimal');
const reissueReason = z.enum(reissueReasons).describe('why the certificate was asked for');
const component = z.string().describe('unit of the component, such as kube-apiserver');
const actionReason = z.enum(componentActionReasons).describe('why something was done');
const durationMs = z.number().int().nonnegative().describe('how long it took, milliseconds');
const message = z.string().describe('what went wrong and which thing, for people');
const paths = z.array(z.string()).describe('absolute paths');
const tokenId = z.string().describe('public part of a join token');
const role = z.enum(['master', 'node']);
const digest = z.string().describe('names the configuration that the master gave the host');

export const eventCatalogue = {
  'ca.initialized': {
    scope: 'cluster',
    summary: 'The certificate authorities were made.',
    data: z.object({ authorities: z.array(z.object({ authority, fingerprint, notAfter })) }),
  },
  'ca.started': {
    scope: 'cluster',
    summary: 'The CA serves requests.',
    data: z.object({ version: z.string(), certificates: z.number().int().describe('certificates in the ledger') }),
  },
  'certificate.issued': {
    scope: 'cluster',
    summary: 'The CA signed a certificate and recorded it in the ledger.',
    data: z.object({
      host,
      certificate,
      authority,
      serial,
      fingerprint,
      subject: z.string(),
      dnsNames: z.array(z.string()),
      ipAddresses: z.array(z.string()),
      notBefore: z.iso.datetime(),
      notAfter,
      reason: z.string().describe('the reissue reason the host gave'),
    }),
  },
  'certificate.revoked': {
    scope: 'cluster',
    summary: 'A certificate was revoked: neither the CA nor the bus takes it any more.',
    data: z.object({ host, certificate, authority, serial, notAfter, reason: z.string() }),
  },
  'token.created': {
    scope: 'cluster',
    summary: 'A join token was made.',
    data: z.object({
      tokenId,
      role,
      host: host.optional(),
      uses: z.number().int(),
      expiresAt: z.iso.datetime(),
      note: z.string(),
      by: z.string().describe('the host on which it was made'),
    }),
  },
  'token.used': {
    scope: 'cluster',
    summary: 'A machine has used a join token; its identity follows.',
    data: z.object({ tokenId, host, role, peer: z.string(), usesLeft: z.number().int() }),
  },
  'token.revoked': {
    scope: 'cluster',
    summary: 'A join token was revoked.',
    data: z.object({ tokenId, by: z.string() }),
  },
  'token.refused': {
    scope: 'audit',
    summary: 'The CA let nobody in with this join token.',
    action: 'If the try was not yours, revoke the token, and see who has the address.',
    data: z.object({
      tokenId,
      host: z.string().describe('the name that was asked for'),
      reason: z.enum(denyReasons),
      detail: z.string(),
      peer: z.string(),
    }),
  },
  'host.joined': {
    scope: 'cluster',
    summary: 'A machine has become a host of the cluster: it has its identity.',
    data: z.object({ host, role, addresses: z.array(z.string()), tokenId, serial, peer: z.string() }),
  },
  'host.left': {
    scope: 'cluster',
    summary: 'A host is no longer part of the cluster; its certificates are revoked.',
    data: z.object({
      host,
      revoked: z.number().int().describe('certificates that were revoked'),
      by: z.string(),
      note: z.string().optional().describe('why, in the words of whoever removed the host'),
    }),
  },
  'automation.created': {
    scope: 'cluster',
    summary: 'A program may read events.',
    data: z.object({ automation: z.string(), read: z.array(z.string()), serial, notAfter, by: z.string() }),
  },
  'automation.revoked': {
    scope: 'cluster',
    summary: 'A program may no longer read events.',
    data: z.object({ automation: z.string(), by: z.string() }),
  },
  'cfssl-key.created': {
    scope: 'cluster',
    summary: 'A host has a (new) key for the API of cfssl.',
    data: z.object({
      host,
      profile: z.string(),
      generation: z.number().int().describe('counts the keys of this host and profile'),
      previousUntil: z.iso.datetime().optional().describe('until then the key before is accepted too'),
      by: z.string().describe('the host on which it was made'),
    }),
  },
  'cfssl-key.revoked': {
    scope: 'cluster',
    summary: 'The key of a host for the API of cfssl is not accepted any more.',
    data: z.object({ host, profile: z.string(), generation: z.number().int(), by: z.string() }),
  },
  'rollout.started': {
    scope: 'cluster',
    summary: 'The hosts get a changed configuration, one after the other.',
    data: z.object({ hosts: z.array(z.string()) }),
  },
  'rollout.paused': {
    scope: 'cluster',
    summary: 'A host did not become healthy with its new configuration; the others keep theirs.',
    action: 'Mend cluster.yaml or the host: the rollout goes on by itself when the host is healthy.',
    data: z.object({ host, digest, message }),
  },
  'rollout.finished': {
    scope: 'cluster',
    summary: 'Every host has its present configuration; those that were away get it when they are back.',
    data: z.object({ hosts: z.array(z.string()), away: z.array(z.string()), durationMs }),
  },
  'certificate.refused': {
    scope: 'audit',
    summary: 'The CA refused to sign.',
    action: 'If the host is yours, compare its certificate specs with the certificate list; if not, find who called.',
    data: z.object({
      host: host.optional(),
      certificate,
      reason: z.enum(denyReasons),
      detail: z.string(),
      peer: z.string().describe('address of the caller'),
    }),
  },
  'call.refused': {
    scope: 'audit',
    summary: 'The CA refused a call other than signing.',
    data: z.object({
      host: host.optional(),
      method: z.string(),
      reason: z.enum(denyReasons),
      detail: z.string(),
      peer: z.string(),
    }),
  },
  'bus.refused': {
    scope: 'audit',
    summary: 'The bus refused a connection, a subscription or a publication.',
    action: 'Find out what runs on that host with this certificate.',
    data: z.object({
      kind: z.enum(['connection', 'subscribe', 'publish']),
      user: z.string().describe('the subject of the client certificate, or empty'),
      subject: z.string().describe('the NATS subject, or empty for a connection').default(''),
      detail: z.string(),
      peer: z.string(),
    }),
  },
  'certificate.delivered': {
    scope: 'host',
    summary: 'certmgr put a certificate set on disk where there was none.',
    data: z.object({
      host,
      certificate,
      authority,
      serial,
      fingerprint,
      notAfter,
      reason: reissueReason,
      path: z.string(),
    }),
  },
  'certificate.renewed': {
    scope: 'host',
    summary: 'certmgr put a new certificate set in the place of an older one.',
    data: z.object({
      host,
      certificate,
      authority,
      serial,
      fingerprint,
      notAfter,
      reason: reissueReason,
      path: z.string(),
      previousSerial: z.string(),
    }),
  },
  'certificate.failed': {
    scope: 'host',
    summary: 'certmgr could not get or deliver a certificate and will try again.',
    action: 'The message says why. The old certificate stays in use until its end of validity.',
    data: z.object({
      host,
      certificate,
      reason: reissueReason,
      code: z.string(),
      message,
      retryInMs: durationMs,
      attempts: z.number().int(),
    }),
  },
  'certificate.rolled-back': {
    scope: 'host',
    summary: 'joiner put the previous set back, because the component did not come up healthy with the new one.',
    action: 'See the log of the component; certmgr tries again after its hold.',
    data: z.object({ host, certificate, component, serial, previousSerial: z.string(), message }),
  },
  'trust-bundle.updated': {
    scope: 'host',
    summary: 'The CA certificates that a set trusts have changed on disk.',
    data: z.object({ host, certificate, authority, path: z.string() }),
  },
  'config.applied': {
    scope: 'host',
    summary: 'config-renderer wrote files that differ from before.',
    data: z.object({ host, written: paths, removed: paths }),
  },
  'config.rejected': {
    scope: 'host',
    summary: 'The cluster configuration has problems; everything stays as it was.',
    action: 'Mend the listed keys of cluster.yaml.',
    data: z.object({ host, problems: z.array(z.object({ path: z.string(), message: z.string() })) }),
  },
  'component.started': {
    scope: 'host',
    summary: 'A component was started and is healthy.',
    data: z.object({ host, component, reason: actionReason, durationMs }),
  },
  'component.restarted': {
    scope: 'host',
    summary: 'A component, or a service that uses a certificate of yours, was restarted and is healthy.',
    data: z.object({ host, component, reason: actionReason, changed: z.array(z.string()), durationMs }),
  },
  'component.reloaded': {
    scope: 'host',
    summary:
      'A component, or a service that uses a certificate of yours, was told to read its files again and is healthy.',
    data: z.object({ host, component, reason: actionReason, changed: z.array(z.string()), durationMs }),
  },
  'component.failed': {
    scope: 'host',
    summary:
      'A component did not become healthy and will be tried again; or a service has not taken its new certificate.',
    action: 'The last lines of its log say why.',
    data: z.object({
      host,
      component,
      message,
      lastLines: z.array(z.string()),
      retryInMs: durationMs,
      attempts: z.number().int(),
    }),
  },
  'component.stopped': {
    scope: 'host',
    summary: 'A component was stopped, because it is no longer enabled or the host goes down.',
    data: z.object({ host, component }),
  },
  'host.phase': {
    scope: 'host',
    summary: 'A step of joining (or of making a master) has begun, ended or failed.',
    data: z.object({
      host,
      run: z.string().describe('names the run of the command'),
      phase: z.string().describe('such as enrol, certificates or ready'),
      state: z.enum(['started', 'done', 'skipped', 'failed']),
      message: z.string().default(''),
      durationMs,
    }),
  },
  'host.configured': {
    scope: 'host',
    summary: 'Every component of the host is healthy with the configuration that the master gave it.',
    data: z.object({ host, digest, restarted: z.array(z.string()).describe('units that were restarted for it') }),
  },
  'host.ready': {
    scope: 'host',
    summary: 'Every component of the host is healthy.',
    data: z.object({ host, components: z.array(z.string()), durationMs }),
  },
  'addon.applied': {
    scope: 'cluster',
    summary: 'addon-manager created or corrected an object.',
    data: z.object({
      addon: z.string(),
      kind: z.string(),
      namespace: z.string(),
      name: z.string(),
      mode: z.enum(['Reconcile', 'EnsureExists']),
    }),
  },
  'addon.pruned': {
    scope: 'cluster',
    summary: 'addon-manager deleted an object whose manifest is gone.',
    data: z.object({ kind: z.string(), namespace: z.string(), name: z.string() }),
  },
  'addon.failed': {
    scope: 'cluster',
    summary: 'addon-manager could not apply a manifest and will try again.',
    action: 'Mend the manifest that the message names.',
    data: z.object({ addon: z.string(), message }),
  },
} as const satisfies Record<string, EventDefinition>;

export type EventType = keyof typeof eventCatalogue;
export type EventData<T extends EventType> = z.input<(typeof eventCatalogue)[T]['data']>;
export const eventTypes = Object.keys(eventCatalogue) as EventType[];
