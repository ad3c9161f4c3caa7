/** What nats-server knows of its connections, open and closed: asked of it in account SYS (docs.nats.io "System account"). */

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

export interface ConnectionRegister extends RunningService {
  /** Resolves when the server can be asked. AppError UNAVAILABLE after `timeoutMs`. */
  whenConnected(timeoutMs: number): Promise<void>;
  /** The connection of this number; undefined when the server knows none. AppError UNAVAILABLE while it does not answer. */
  find(connection: number): Promise<KnownConnection | undefined>;
}

const requestTimeoutMs = 2_000;
/** "Open and closed": nats-server remembers the last 10,000 that were closed. */
const allStates = 2;

const answerSchema = z.object({
  data: z.object({
    connections: z.array(
      z.object({ cid: z.number(), ip: z.string(), port: z.number(), authorized_user: z.string().optional() }),
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
  return {
    whenConnected: (timeoutMs) => link.whenUp(timeoutMs),
    find: (cid) =>
      link.run('ask nats-server about a connection', async (connection) => {
        const question = JSON.stringify({ cid, auth: true, state: allStates });
        const subject = `$SYS.REQ.SERVER.${connection.info?.server_id ?? ''}.CONNZ`;
        const answer = await connection.request(subject, question, { timeout: requestTimeoutMs });
        const { data } = answerSchema.parse(answer.json());
        const found = data.connections.find((each) => each.cid === cid);
        return found && { address: found.ip, port: found.port, user: found.authorized_user ?? '' };
      }),
    close: () => link.close(),
  };
}
