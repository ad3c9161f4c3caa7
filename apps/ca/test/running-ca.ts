/** A whole CA for integration tests: `ca init`, a real nats-server with its keys and certificates, the service, real TLS. */

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  filesOfSet,
  type HostRecord,
  hostIdentitySubject,
  hostRecordKey,
  type Paths,
  pathsUnder,
} from '@easycerts/cluster';
import { EnrolmentService, type EnrolRequest, type EnrolResponse, TokensService } from '@easycerts/contracts';
import {
  type Authority,
  encodePem,
  generateKeyPair,
  issueCertificate,
  type KeyPair,
  newSerial,
  privateKeyToPem,
  spkiOf,
} from '@easycerts/pki';
import {
  type Bus,
  type CertificateAuthorityClient,
  connectBus,
  connectCertificateAuthority,
  connectGrpcService,
  type GrpcClient,
  loadUsers,
  publicKeysOf,
  readBusKeys,
  systemClock,
} from '@easycerts/runtime';
import { silentLogger, startNatsServer, type TestNatsServer, temporaryDirectory } from '@easycerts/testing';
import type { CaOptions } from '../src/config.ts';
import { encodeRegisteredHost } from '../src/core/registered-host.ts';
import { type Authorities, loadAuthorities } from '../src/edge/authority-files.ts';
import { busKeysDirectory } from '../src/edge/guard-bus.ts';
import { initializeCa } from '../src/edge/initialize/initialize.ts';
import { type RunningCa, startCertificateAuthority } from '../src/start-ca.ts';
import { config, master, requestFor } from './fixture.ts';

export interface CaSite {
  readonly paths: Paths;
  readonly server: TestNatsServer;
  readonly authorities: Authorities;
  /** Starts the service (again) with a bus connection of its own, and waits until it signs unless told not to. */
  start(options?: StartOptions): Promise<StartedCa>;
  /** Writes the identity of a host, signed by `authority` (default: easycerts'), and returns its directory. */
  identity(host: string, role: 'master' | 'node', authority?: Authority): Promise<string>;
  /** Writes what an enrolment was answered with, and returns its directory. */
  writeIdentity(name: string, answer: EnrolResponse, keyPair: KeyPair): Promise<string>;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly isWaiting?: boolean;
  /** What the service gets instead of its bus. */
  readonly wrapBus?: (bus: Bus) => Bus;
  readonly limits?: CaOptions['limits'];
  readonly grpc?: CaOptions['grpc'];
  readonly cfssl?: CaOptions['cfssl'];
  readonly source?: CaOptions['source'];
}

export interface StartedCa {
  readonly ca: RunningCa;
  readonly bus: Bus;
  /** `localhost:<port>` */
  readonly endpoint: string;
  client(identityDirectory: string): CertificateAuthorityClient;
  /** A client of another service of the CA. */
  clientOf<Definition extends object>(definition: Definition, identityDirectory: string): GrpcClient<Definition>;
  /** Has the identity of a registered host issued and writes it as certmgr does; `first` is one to ask with. */
  issueIdentity(record: HostRecord, first: string, directory: string): Promise<string>;
  /** Of the service Tokens, as m1's administrator. */
  readonly tokens: GrpcClient<typeof TokensService>;
  /** Enrols without a certificate, over real TLS. */
  enrol(request: EnrolRequest): Promise<EnrolResponse>;
  /** Writes a host into the register. */
  register(record: HostRecord, isRevoked?: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Makes the site: everything but the CA's service runs. */
export async function startSite(): Promise<CaSite> {
  const folder = await temporaryDirectory();
  const paths = pathsUnder(folder.path);
  const users = loadUsers({ isRoot: false });
  await initializeCa({ config, host: master, paths, users, now: systemClock.now() });
  await mkdir(dirname(paths.natsLog), { recursive: true });
  const server = await startNatsServer({
    config: {
      keys: publicKeysOf(await readBusKeys(busKeysDirectory(paths))),
      tlsDirectory: paths.natsIdentity,
    },
  }).catch(async (error) => {
    await folder.remove();
    throw error;
  });
  // The launcher watches the log at its own place; the CA looks for it at the standard one.
  await symlink(server.logFile, paths.natsLog);
  const authorities = await loadAuthorities(paths.ca);
  const running = new Set<StartedCa>();
  return {
    paths,
    server,
    authorities,
    async start(options = {}) {
      const started = await startService(paths, server, options);
      running.add(started);
      return { ...started, close: () => started.close().finally(() => running.delete(started)) };
    },
    writeIdentity: (name, { certificateDer, trustBundlePem }, keyPair) =>
      writeSet(`${folder.path}/identities/enrolled-${name}`, {
        der: certificateDer,
        key: keyPair,
        trusted: trustBundlePem,
      }),
    identity: (host, role, authority = authorities.easycerts) =>
      writeIdentity({
        directory: `${folder.path}/identities/${role}-${host}-${randomBytes(3).toString('hex')}`,
        host,
        role,
        authority,
        trusted: authorities.easycerts,
      }),
    async close() {
      await Promise.all([...running].map((started) => started.close()));
      await server.close();
      await folder.remove();
    },
  };
}

async function startService(paths: Paths, server: TestNatsServer, options: StartOptions): Promise<StartedCa> {
  const logger = silentLogger();
  const bus = await connectBus({
    servers: server.servers,
    identityDirectory: paths.caIdentity,
    userSeed: (await readBusKeys(busKeysDirectory(paths))).bootUser.seed,
    origin: { host: master.name, service: 'ca' },
    clock: systemClock,
    logger,
  });
  const clients: { close(): void }[] = [];
  try {
    const ca = await startCertificateAuthority(
      { clock: systemClock, logger, random: Math.random, events: bus.events, bus: options.wrapBus?.(bus) ?? bus },
      {
        grpc: options.grpc ?? { address: '127.0.0.1', port: 0 },
        https: { address: '127.0.0.1', port: 0 },
        enrol: { address: '127.0.0.1', port: 0 },
        busServers: server.servers,
        paths,
        source: options.source ?? { load: async () => ({ config, ownHost: master }) },
        ...(options.cfssl === undefined ? {} : { cfssl: options.cfssl }),
        ...(options.limits === undefined ? {} : { limits: options.limits }),
      },
    );
    if (options.isWaiting !== false) await ca.ready;
    const endpoint = `localhost:${ca.grpcPort}`;
    const tokens = connectGrpcService(TokensService, { endpoint, identityDirectory: paths.hostIdentity });
    const trustedCaPem = await readFile(filesOfSet(paths.caIdentity).ca, 'utf8');
    const stranger = connectGrpcService(EnrolmentService, { endpoint: `localhost:${ca.enrolPort}`, trustedCaPem });
    return {
      ca,
      bus,
      endpoint,
      client(identityDirectory) {
        const client = connectCertificateAuthority({ endpoint, identityDirectory });
        clients.push(client);
        return client;
      },
      clientOf(definition, identityDirectory) {
        const client = connectGrpcService(definition, { endpoint, identityDirectory });
        clients.push(client);
        return client;
      },
      async issueIdentity(record, first, directory) {
        const keyPair = await generateKeyPair('ecdsa-p256');
        const request = await requestFor(record, 'host', { at: new Date(), keyPair });
        const client = connectCertificateAuthority({ endpoint, identityDirectory: first });
        const { certificateDer, trustBundlePem } = await client.sign(request).finally(() => client.close());
        return writeSet(directory, { der: certificateDer, key: keyPair, trusted: trustBundlePem });
      },
      tokens,
      enrol: (request) => stranger.enrol(request, { timeoutMs: 30_000 }),
      async register(record, isRevoked = false) {
        const bucket = await bus.bucket('hosts');
        await bucket.put(hostRecordKey(record.name), encodeRegisteredHost({ record, isRevoked }));
      },
      async close() {
        for (const client of [tokens, stranger, ...clients.splice(0)]) client.close();
        await ca.close();
        await bus.close();
      },
    };
  } catch (error) {
    await bus.close();
    throw error;
  }
}

async function writeIdentity(request: {
  readonly directory: string;
  readonly host: string;
  readonly role: 'master' | 'node';
  readonly authority: Authority;
  /** Whose certificate stands in `ca.crt`. */
  readonly trusted: Authority;
}): Promise<string> {
  const { directory, host, role, authority, trusted } = request;
  const keyPair = await generateKeyPair('ecdsa-p256');
  const der = issueCertificate({
    authority,
    template: {
      serial: newSerial(randomBytes),
      subject: hostIdentitySubject(host, [role]),
      alternativeNames: { dns: [], ip: [] },
      usages: ['client auth'],
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 3_600_000),
      spkiDer: spkiOf(keyPair.publicKey),
    },
  });
  return writeSet(directory, { der, key: keyPair, trusted: encodePem('CERTIFICATE', trusted.certificate.der) });
}

async function writeSet(
  directory: string,
  set: { readonly der: Uint8Array; readonly key: KeyPair; readonly trusted: string },
): Promise<string> {
  const files = filesOfSet(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(files.cert, encodePem('CERTIFICATE', set.der));
  await writeFile(files.key, privateKeyToPem(set.key.privateKey), { mode: 0o600 });
  await writeFile(files.ca, set.trusted);
  return directory;
}
