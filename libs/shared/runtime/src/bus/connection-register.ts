/** What nats-server knows of its connections, open and closed: asked of it in account SYS (docs.nats.io "System account"). */

import type { Msg } from '@nats-io/transport-node';
import { z } from 'zod';
import type { Logger } from '../logger.ts';
import type { RunningService } from '../service.ts';
import { openNatsLink } from './nats-link.ts';
import { nkeyAuthenticator } from './nkey-authenticator.ts';

export interface ConnectionRegisterOptions {
  /** The one server whose connections are asked about. */
  readonly server: string;
  /** Any certificate set that nats-server verifies; read at each connection. */
  readonly identityDirectory: string;
  /** Seed of the user in account SYS. */
  readonly systemUserSeed: string;
  readonly logger: Logger;
  /** 0 ≤ x < 1, for jitter; default Math.random. */
  readonly random?: () => number;
}

export interface KnownConnection {
  readonly address: string;
  readonly port: number;
  /** Name that the auth callout gave it, such as `nodes/n1`; empty when it was never let in. */
  readonly user: string;
}

/** A connection that is open. */
export interface OpenConnection {
  readonly id: number;
  /** Name that the auth callout gave it; empty while it is being decided. */
  readonly user: string;
  /** SHA-256 of its client certificate, lowercase hexadecimal; empty until the handshake is done. */
  readonly fingerprint: string;
}

export interface ConnectionRegister extends RunningService {
  /** Resolves when the server can be asked. AppError UNAVAILABLE after `timeoutMs`. */
  whenConnected(timeoutMs: number): Promise<void>;
  /** The connection of this number; undefined when the server knows none. AppError UNAVAILABLE while it does not answer. */
  find(connection: number): Promise<KnownConnection | undefined>;
  /** All that are open. AppError UNAVAILABLE while the server does not answer. */
  open(): Promise<readonly OpenConnection[]>;
  /** Closes a connection, if it is still there. AppError UNAVAILABLE while the server does not answer. */
  cut(connection: number): Promise<void>;
}

const requestTimeoutMs = 2_000;
/** "Open and closed": nats-server remembers the last 10,000 that were closed. */
const allStates = 2;

const onlyOpen = 0;
/** Its certificates make an entry of about 1 kB. */
const pageSize = 1_000;

const answerSchema = z.object({
  data: z.object({
    connections: z.array(
      z.object({
        cid: z.number(),
        ip: z.string(),
        port: z.number(),
        authorized_user: z.string().optional(),
        tls_peer_certs: z.array(z.object({ cert_sha256: z.string() })).optional(),
      }),
    ),
  }),
});

/** Connects in the background, for ever. AppError INVALID_INPUT when the seed is none. */
export function openConnectionRegister(options: ConnectionRegisterOptions): ConnectionRegister {
  const authenticator = nkeyAuthenticator(options.systemUserSeed);
  const link = openNatsLink({
    servers: [options.server],
    identityDirectory: options.identityDirectory,
    name: 'bus-audit',
    logger: options.logger,
    random: options.random ?? Math.random,
    prepare: async () => ({ authenticator }),
  });
  const ask = (what: string, body: Readonly<Record<string, unknown>>): Promise<Msg> =>
    link.run(`ask nats-server: ${what}`, (connection) =>
      connection.request(`$SYS.REQ.SERVER.${connection.info?.server_id ?? ''}.${what}`, JSON.stringify(body), {
        timeout: requestTimeoutMs,
      }),
    );
  const list = async (body: Readonly<Record<string, unknown>>) =>
    answerSchema.parse((await ask('CONNZ', { ...body, auth: true })).json()).data.connections;
  return {
    whenConnected: (timeoutMs) => link.whenUp(timeoutMs),
    find: async (cid) => {
      const found = (await list({ cid, state: allStates })).find((each) => each.cid === cid);
      return found && { address: found.ip, port: found.port, user: found.authorized_user ?? '' };
    },
    open: async () => {
      const all: OpenConnection[] = [];
      for (let offset = 0; ; offset += pageSize) {
        const page = await list({ state: onlyOpen, sort: 'cid', limit: pageSize, offset });
        all.push(...page.map(openConnectionOf));
        if (page.length < pageSize) return all;
      }
    },
    cut: async (cid) => {
      // An error in the answer says that there is no such connection any more.
      await ask('KICK', { cid });
    },
    close: () => link.close(),
  };
}

function openConnectionOf(found: z.infer<typeof answerSchema>['data']['connections'][number]): OpenConnection {
  const [leaf] = found.tls_peer_certs ?? [];
  return { id: found.cid, user: found.authorized_user ?? '', fingerprint: leaf?.cert_sha256 ?? '' };
}
