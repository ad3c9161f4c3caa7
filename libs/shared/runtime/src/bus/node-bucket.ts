/** Buckets as nodes may use them: what concerns the node, read by direct get; changes are heard live, as hints. */

import { AppError } from '@easycerts/core';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { KeyValueBucket } from './bus.ts';
import { assertKey, entryOf } from './key-value-bucket.ts';
import type { NatsLink } from './nats-link.ts';
import { nodeApiPrefix } from './permissions.ts';
import { subscribeLive } from './subscribe-live.ts';

export interface NodeBucketRequest {
  readonly link: NatsLink;
  readonly name: string;
  /** Name of the node. */
  readonly id: string;
}

/** The bucket for a node. AppError PERMISSION_DENIED for other buckets, and for everything but `get` and `watch`. */
export function openNodeBucket({ link, name, id }: NodeBucketRequest): KeyValueBucket {
  if (name !== 'hosts') throw mastersOnly(`bucket ${name}`);
  const visible = `${id}.>`;
  const refuse = (doing: string) => () => Promise.reject(mastersOnly(`${doing} in bucket ${name}`));
  return {
    get: (key) => {
      assertKey(key);
      return link.run(`get ${name}/${key}`, async (connection) => {
        // No STREAM.INFO and no API check: a node may not ask for either.
        const api = jetstream(connection, { apiPrefix: nodeApiPrefix, checkAPI: false });
        const bucket = await new Kvm(api).open(name, { bindOnly: true, allow_direct: true });
        return entryOf(await bucket.get(key));
      });
    },
    put: refuse('put'),
    create: refuse('create'),
    update: refuse('update'),
    delete: refuse('delete'),
    entries: refuse('list'),
    watch: async (onChange) => {
      const prefix = `$KV.${name}.`;
      const stop = subscribeLive(link, [`${prefix}${visible}`], (message) => {
        const isDeleted = (message.headers?.get('KV-Operation') ?? '') !== '';
        onChange(message.subject.slice(prefix.length), isDeleted ? undefined : message.data);
      });
      return async () => stop();
    },
  };
}

function mastersOnly(what: string): AppError {
  return new AppError('PERMISSION_DENIED', `${what}: only masters may`, { details: { cure: 'run this on a master' } });
}
