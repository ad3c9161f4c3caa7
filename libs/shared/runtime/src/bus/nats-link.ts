/**
 * One connection to nats-server that is kept up for ever, and what needs one: it is asked for anew each time.
 *
 *   looking ──connected──▶ up ◀──reconnected── down        `close` ends it in every state
 *      ▲                    └────connection lost───▲
 *      └── the client gave up (never by itself, but an authenticator may throw) ──┘
 */

import { setTimeout as pause } from 'node:timers/promises';
import { filesOfSet } from '@easycerts/cluster';
import type { AppError } from '@easycerts/core';
import type { ConnectionOptions, NatsConnection, Status } from '@nats-io/transport-node';
import { connect, PermissionViolationError } from '@nats-io/transport-node';
import type { Logger } from '../logger.ts';
import { notConnected, toBusError } from './bus-errors.ts';

export interface NatsLinkOptions {
  /** `host:port` each. */
  readonly servers: readonly string[];
  /** Read again at each connection, so that a renewed identity is used. */
  readonly identityDirectory: string;
  /** Shown by nats-server for the connection. */
  readonly name: string;
  readonly logger: Logger;
  /** 0 ≤ x < 1, for jitter. */
  readonly random: () => number;
  /** Pauses between attempts. */
  readonly pauses?: ReconnectPauses;
  /** Decided before each first connection, which fails when it throws. */
  readonly prepare: () => Promise<Pick<ConnectionOptions, 'authenticator' | 'inboxPrefix'>>;
}

/** The first pause and the longest, each ± 50 %. */
export interface ReconnectPauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

export interface NatsLink {
  isUp(): boolean;
  /** The connection. AppError UNAVAILABLE while there is none. */
  connection(doing: string): NatsConnection;
  /** Resolves when the connection is up. AppError UNAVAILABLE, caused by the last failure, after `timeoutMs`. */
  whenUp(timeoutMs: number): Promise<void>;
  /** Runs something that needs the connection; AppError UNAVAILABLE at once when there is none or it is lost meanwhile. */
  run<T>(doing: string, work: (connection: NatsConnection) => Promise<T>): Promise<T>;
  /** Calls back now (when up) and whenever the connection comes up. `isNew`: its subscriptions have to be made again. */
  onUp(callback: (connection: NatsConnection, isNew: boolean) => void): () => void;
  /** Calls back whenever the connection is lost. */
  onDown(callback: () => void): () => void;
  close(): Promise<void>;
}

const defaultPauses: ReconnectPauses = { firstMs: 200, longestMs: 10_000 };
/** Also how long nats-server takes to refuse while the auth callout does not answer (3 s), and some more. */
const connectTimeoutMs = 5_000;
const pingIntervalMs = 15_000;
/** Repeated failures are told this rarely. */
const warnEvery = 20;

/** How long to wait before the next attempt: doubling, bounded, ± 50 %, so that many hosts do not come at once. */
export function reconnectDelayMs(attempt: number, random: number, pauses: ReconnectPauses = defaultPauses): number {
  return Math.round(Math.min(pauses.longestMs, pauses.firstMs * 2 ** Math.min(attempt, 30)) * (0.5 + random));
}

/** Starts to connect in the background and returns at once. */
export function openNatsLink(options: NatsLinkOptions): NatsLink {
  const { logger } = options;
  const closing = new AbortController();
  const upCallbacks = new Set<(connection: NatsConnection, isNew: boolean) => void>();
  const downCallbacks = new Set<() => void>();
  const waiting = new Set<() => void>();
  let live: NatsConnection | undefined;
  let isUp = false;
  let attempts = 0;
  let lastFailure: AppError | undefined;
  const delayMs = (): number => reconnectDelayMs(attempts, options.random(), options.pauses);

  const goUp = (connection: NatsConnection, isNew: boolean): void => {
    live = connection;
    isUp = true;
    attempts = 0;
    logger.info({ server: connection.getServer() }, 'connected to the bus');
    for (const callback of upCallbacks) callback(connection, isNew);
  };
  const goDown = (): void => {
    if (!isUp) return;
    isUp = false;
    if (!closing.signal.aborted) logger.warn('lost the bus');
    for (const fail of waiting) fail();
    waiting.clear();
    for (const callback of downCallbacks) callback();
  };

  const follow = async (connection: NatsConnection): Promise<void> => {
    const statuses = connection.status();
    goUp(connection, true);
    for await (const status of statuses) {
      if (status.type === 'disconnect') goDown();
      else if (status.type === 'reconnecting') attempts += 1;
      else if (status.type === 'reconnect') goUp(connection, false);
      else if (status.type === 'close') break;
      else reportStatus(status, logger);
    }
    live = undefined;
    goDown();
  };

  const lookForServer = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        const connection = await connect({
          ...connectionOptions(options, delayMs),
          ...(await options.prepare()),
        });
        if (closing.signal.aborted) await connection.close();
        else await follow(connection);
      } catch (error) {
        if (closing.signal.aborted) return;
        attempts += 1;
        const err = toBusError(error, `connect to the bus at ${options.servers.join(', ')}`);
        lastFailure = err;
        logger[attempts % warnEvery === 1 ? 'warn' : 'debug']({ err }, 'no connection to the bus yet');
      }
      await pause(delayMs(), undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  void lookForServer();

  const connectionFor = (doing: string): NatsConnection => {
    if (live === undefined || !isUp) throw notConnected(doing);
    return live;
  };
  const onUp: NatsLink['onUp'] = (callback) => {
    upCallbacks.add(callback);
    if (live !== undefined && isUp) callback(live, true);
    return () => upCallbacks.delete(callback);
  };
  return {
    isUp: () => isUp,
    connection: connectionFor,
    whenUp: async (timeoutMs) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => reject(notConnected(`wait ${timeoutMs} ms`, lastFailure)), timeoutMs);
      const forget = onUp(() => resolve());
      await promise.finally(() => {
        clearTimeout(timer);
        forget();
      });
    },
    run: (doing, work) =>
      new Promise((resolve, reject) => {
        const connection = connectionFor(doing);
        const fail = (): void => reject(notConnected(doing));
        waiting.add(fail);
        Promise.try(work, connection)
          .then(resolve, (error: unknown) => reject(toBusError(error, doing)))
          .finally(() => waiting.delete(fail));
      }),
    onUp,
    onDown: (callback) => {
      downCallbacks.add(callback);
      return () => downCallbacks.delete(callback);
    },
    close: async () => {
      closing.abort();
      await live?.close();
      goDown();
    },
  };
}

function connectionOptions(options: NatsLinkOptions, reconnectDelayHandler: () => number): ConnectionOptions {
  const { cert, key, ca } = filesOfSet(options.identityDirectory);
  return {
    servers: [...options.servers],
    name: options.name,
    tls: { certFile: cert, keyFile: key, caFile: ca, handshakeFirst: true },
    timeout: connectTimeoutMs,
    pingInterval: pingIntervalMs,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    ignoreClusterUpdates: true,
    reconnectDelayHandler,
  };
}

function reportStatus(status: Status, logger: Logger): void {
  if (status.type !== 'error') return;
  const { error: err } = status;
  if (err instanceof PermissionViolationError) {
    logger.warn({ operation: err.operation, subject: err.subject }, 'the bus does not permit this');
  } else {
    logger.debug({ err }, 'message from the bus');
  }
}
