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
  return `_INBOX_${identity.kind === 'automation' ? automationConsumerOf(identity.id) : identity.id}`;
}

/** The durable consumer of EVENTS that an automation reads. */
export function automationConsumerOf(name: string): string {
  return `auto_${name}`;
}

function masterAccess(id: string): BusAccess {
  const rules: SubjectRules = { allow: ['>'], deny: ['$SYS.>'] };
  return { account: 'CORE', user: `masters/${id}`, publish: rules, subscribe: rules };
}

/** Its own events, and its own values in the register. */
function nodeAccess(id: string): BusAccess {
  return {
    account: 'NODES',
    user: `nodes/${id}`,
    publish: {
      allow: [`easycerts.v1.host.${id}.>`, `${nodeApiPrefix}.DIRECT.GET.KV_hosts.$KV.hosts.${id}.>`],
      deny: [],
    },
    subscribe: { allow: [`_INBOX_${id}.>`, `$KV.hosts.${id}.>`], deny: [] },
  };
}

/** Its own consumer: what that one holds is decided when it is made. */
function automationAccess(id: string): BusAccess {
  const consumer = automationConsumerOf(id);
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
