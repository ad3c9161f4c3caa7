/** A real nats-server in a folder of its own, with the configuration that production has. */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@easycerts/core';
import type { BusKeys, NatsConfigOptions } from '@easycerts/runtime';
import { createBusKeys, publicKeysOf, renderNatsConfig } from '@easycerts/runtime';
import { findNatsServer } from './find-nats-server.ts';
import { freePort } from './free-port.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { TestPki } from './test-pki.ts';
import { createTestPki } from './test-pki.ts';

export interface TestNatsServerOptions {
  /** Signs the server's certificate; default one of its own. */
  readonly pki?: TestPki;
  /** Differences from the default configuration. */
  readonly config?: Partial<NatsConfigOptions>;
}

export interface TestNatsServer {
  readonly port: number;
  /** For clients: `tls://127.0.0.1:<port>`. */
  readonly servers: readonly [string];
  readonly directory: string;
  readonly logFile: string;
  readonly keys: BusKeys;
  readonly pki: TestPki;
  /** Process id, undefined while it is stopped. */
  pid(): number | undefined;
  /** Sends SIGKILL and waits for the end, like a crash; nothing on disk is touched. */
  kill(): Promise<void>;
  /** Ends it in order (SIGTERM) and waits. */
  stop(): Promise<void>;
  /** Starts it again, on the same port and the same folder. */
  start(): Promise<void>;
  /** Makes it read its configuration and certificates again (SIGHUP); returns at once. */
  reload(): void;
  /** Everything it has logged since it was first started. */
  log(): Promise<string>;
  /** Stops it and removes its folder. */
  close(): Promise<void>;
}

const startTimeoutMs = 15_000;
const pollMs = 10;

/** Starts a server and waits until it is ready. */
export async function startNatsServer(options: TestNatsServerOptions = {}): Promise<TestNatsServer> {
  const program = await findNatsServer();
  const folder = await temporaryDirectory();
  const directory = folder.path;
  const pki = options.pki ?? (await createTestPki());
  const keys = createBusKeys();
  const port = await freePort();
  const logFile = join(directory, 'nats.log');
  const configFile = join(directory, 'nats.conf');
  const tlsDirectory = await pki.writeSet(join(directory, 'tls'), {
    commonName: 'easycerts-bus',
    usages: ['server auth', 'client auth'],
    alternativeNames: { dns: ['localhost'], ip: ['127.0.0.1'] },
  });
  const config: NatsConfigOptions = {
    serverName: 'm1',
    address: '127.0.0.1',
    port,
    tlsDirectory,
    storeDirectory: join(directory, 'store'),
    logFile,
    keys: publicKeysOf(keys),
    ...options.config,
  };
  await writeFile(configFile, renderNatsConfig(config), { mode: 0o600 });

  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const before = await sizeOf(logFile);
    const output = await open(join(directory, 'output'), 'a');
    child = spawn(program, ['--config', configFile], { stdio: ['ignore', output.fd, output.fd] });
    await output.close();
    await untilReady({ child, logFile, before, outputFile: join(directory, 'output') });
  };
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
  };
  try {
    await start();
  } catch (error) {
    await end('SIGKILL');
    await folder.remove();
    throw error;
  }
  return {
    port,
    servers: [`tls://127.0.0.1:${port}`],
    directory,
    logFile,
    keys,
    pki,
    pid: () => child?.pid,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    start,
    reload: () => void child?.kill('SIGHUP'),
    log: () => readFile(logFile, 'utf8'),
    close: async () => {
      await end('SIGKILL');
      await folder.remove();
    },
  };
}

async function untilReady(server: {
  readonly child: ChildProcess;
  readonly logFile: string;
  readonly before: number;
  readonly outputFile: string;
}): Promise<void> {
  const end = performance.now() + startTimeoutMs;
  while (performance.now() < end) {
    const log = await readFile(server.logFile).catch(() => Buffer.alloc(0));
    if (log.includes('Server is ready', server.before)) return;
    if (server.child.exitCode !== null) break;
    await pause(pollMs);
  }
  throw new AppError('UNAVAILABLE', `nats-server did not start: ${await readFile(server.outputFile, 'utf8')}`);
}

async function sizeOf(path: string): Promise<number> {
  return (await readFile(path).catch(() => Buffer.alloc(0))).length;
}
