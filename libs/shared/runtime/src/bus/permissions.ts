/**
 * What each identity may publish and subscribe on the bus: allow-lists by experiment (docs/adr/0005-two-accounts-on-the-bus.md).
 * An empty allow-list means "everything" to nats-server, so none is ever empty; names become single subject tokens, so only
 * names that cannot carry a dot or a wildcard are accepted.
 */

import { isHostName } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';

/** CORE holds JetStream and the masters; NODES everyone else, joined to CORE only by exact exports. */
export type BusAccount = 'CORE' | 'NODES';

export type BusIdentity =
  | { readonly kind: 'master'; readonly id: string }
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'automation'; readonly id: string };

export interface SubjectRules {
  readonly allow: readonly [string, ...string[]];
  readonly deny: readonly string[];
}

export interface BusAccess {
  readonly account: BusAccount;
  /** The name that nats-server shows for the connection: `masters/m1`, `nodes/n1`, `automation/a1`. */
  readonly user: string;
  readonly publish: SubjectRules;
  readonly subscribe: SubjectRules;
  /** How often and for how long a reply to a received request may be sent, beyond `publish`; absent: never. */
  readonly replies?: { readonly max: number; readonly ttlMs: number };
}

/** Prefix of the JetStream subjects as the account NODES sees them (renamed: see nats-config.ts). */
export const nodeApiPrefix = 'EC.API';
/** What an identity may do. AppError INVALID_INPUT for an id that is not a host name. */
export function accessOf(identity: BusIdentity): BusAccess {
  if (!isHostName(identity.id)) {
    throw new AppError('INVALID_INPUT', `bus identity ${JSON.stringify(identity.id.slice(0, 80))}: not a host name`, {
      details: { cure: 'use lowercase letters, digits and hyphens, 63 at most' },
    });
  }
  switch (identity.kind) {
    case 'master':
      return masterAccess(identity.id);
    case 'node':
      return nodeAccess(identity.id);
    case 'automation':
      return automationAccess(identity.id);
    default:
      throw new AppError('INTERNAL', `bus identity of unknown kind ${String(identity satisfies never)}`);
  }
}

/** The prefix of the subjects on which an identity receives answers. */
export function inboxPrefixOf(identity: BusIdentity): string {
  return identity.kind === 'automation' ? `_INBOX_${consumerOf(identity)}` : `_INBOX_${identity.id}`;
}

/** The durable consumer of EVENTS that an identity may read. */
export function consumerOf(identity: BusIdentity): string {
  return identity.kind === 'automation' ? `auto_${identity.id}` : identity.id;
}

function masterAccess(id: string): BusAccess {
  const rules: SubjectRules = { allow: ['>'], deny: ['$SYS.>'] };
  return { account: 'CORE', user: `masters/${id}`, publish: rules, subscribe: rules };
}

function nodeAccess(id: string): BusAccess {
  return {
    account: 'NODES',
    user: `nodes/${id}`,
    publish: {
      allow: [
        `easycerts.v1.host.${id}.>`,
        `${nodeApiPrefix}.CONSUMER.INFO.EVENTS.${id}`,
        `${nodeApiPrefix}.CONSUMER.MSG.NEXT.EVENTS.${id}`,
        `$JS.ACK.EVENTS.${id}.>`,
        `${nodeApiPrefix}.DIRECT.GET.KV_hosts.$KV.hosts.${id}.>`,
        `${nodeApiPrefix}.DIRECT.GET.KV_cluster.$KV.cluster.>`,
      ],
      deny: [],
    },
    subscribe: {
      allow: [
        `_INBOX_${id}.>`,
        `easycerts.v1.down.${id}.>`,
        'easycerts.v1.cluster.>',
        `easycerts.v1.ask.${id}`,
        `$KV.hosts.${id}.>`,
        '$KV.cluster.>',
      ],
      deny: [],
    },
    replies: { max: 1, ttlMs: 5_000 },
  };
}

function automationAccess(id: string): BusAccess {
  const consumer = consumerOf({ kind: 'automation', id });
  return {
    account: 'NODES',
    user: `automation/${id}`,
    publish: {
      allow: [
        `${nodeApiPrefix}.CONSUMER.INFO.EVENTS.${consumer}`,
        `${nodeApiPrefix}.CONSUMER.MSG.NEXT.EVENTS.${consumer}`,
        `$JS.ACK.EVENTS.${consumer}.>`,
      ],
      deny: [],
    },
    subscribe: { allow: [`_INBOX_${consumer}.>`], deny: [] },
  };
}
