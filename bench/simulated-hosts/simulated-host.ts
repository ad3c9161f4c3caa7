/**
 * A host without kubelet: our own services, as they are, below a folder of its own. Many of them fit into one process. It joins
 * as a machine does: token ──certmgr──▶ identity ──config-renderer──▶ files, document from the bus ──certmgr──▶ certificates.
 */

import { mkdir, readdir, rm } from 'node:fs/promises';
import { startCertmgr } from '@easycerts/certmgr';
import { type Paths, packagedDirectories, pathsUnder } from '@easycerts/cluster';
import { startConfigRenderer } from '@easycerts/config-renderer';
import { MembershipService } from '@easycerts/contracts';
import {
  type Bus,
  connectBus,
  connectCertificateAuthority,
  connectGrpcService,
  createDeferredPublisher,
  createLogger,
  type DeferredPublisher,
  type EventPublisher,
  enrolWithToken,
  loadClusterConfig,
  loadUsers,
  type RunningService,
  readAppliedConfig,
  readReceivedHost,
  systemClock,
  waitUntil,
  writeFileAtomically,
} from '@easycerts/runtime';
import type { SimulatedHostReport } from './burst-report.ts';

export interface SimulatedHostOptions {
  readonly name: string;
  /** Its root; made. */
  readonly root: string;
  /** The line of `ca token create`. */
  readonly token: string;
  /** Address of the master: its name need not resolve here. */
  readonly master: string;
}

export interface SimulatedHost {
  readonly name: string;
  /** Resolves when it has everything; rejects after `timeoutMs`. */
  join(timeoutMs: number): Promise<SimulatedHostReport>;
  close(): Promise<void>;
}

const documentPollMs = 100;
const flushMs = 10_000;

/** A host that does nothing yet. */
export function simulatedHost({ name, root, token, master }: SimulatedHostOptions): SimulatedHost {
  const paths = pathsUnder(root);
  const users = loadUsers();
  const logger = createLogger({ service: name, level: 'silent' });
  const seen = watchDeliveries();
  const running: RunningService[] = [];
  const context = (events: EventPublisher) => ({ clock: systemClock, logger, random: Math.random, events });
  const busFor = (service: string, port: number): Promise<Bus> =>
    connectBus({
      servers: [`tls://${master}:${port}`],
      identityDirectory: paths.hostIdentity,
      origin: { host: name, service },
      clock: systemClock,
      logger,
    });

  return {
    name,
    async join(timeoutMs) {
      const startedAtMs = performance.now();
      const sinceStart = (): number => performance.now() - startedAtMs;
      const enrolMs: number[] = [];
      await layOut(paths);
      const owner = { mode: 0o600, owner: 'root', group: 'root', users };
      await writeFileAtomically(paths.joinToken, `${token}\n`, owner);
      const published = createDeferredPublisher(systemClock);
      const certmgr = await startCertmgr(context(seen.through(published)), {
        host: name,
        paths,
        users,
        connect: () =>
          connectCertificateAuthority({ endpoint: `${master}:7443`, identityDirectory: paths.hostIdentity }),
        enrol: async (...call) => {
          const askedAtMs = performance.now();
          try {
            return await enrolWithToken(...call);
          } finally {
            enrolMs.push(performance.now() - askedAtMs);
          }
        },
      });
      running.push(certmgr);
      await seen.until(['host'], timeoutMs);
      const identityMs = sinceStart();
      const config = await loadClusterConfig(paths.clusterFile, { mustResolve: false });
      const [certmgrBus, rendererBus] = await Promise.all([
        busFor('certmgr', config.bus.port),
        busFor('config-renderer', config.bus.port),
      ]);
      running.push(certmgrBus, rendererBus);
      published.attach(certmgrBus.events);
      const options = { paths, configFile: paths.clusterFile, users };
      running.push(await startConfigRenderer({ ...context(rendererBus.events), bus: rendererBus }, options));
      await seen.until(await wantedNames(paths), timeoutMs - sinceStart());
      const certificatesMs = sinceStart();
      const isTold = (): boolean => readAppliedConfig(paths)?.revision !== undefined;
      const patience = { timeoutMs: Math.max(0, timeoutMs - sinceStart()), everyMs: documentPollMs };
      if (!(await waitUntil(isTold, patience))) throw new Error(`${name}: no document from the bus`);
      const documentMs = sinceStart();
      await Promise.all([certmgrBus.events.flush(flushMs), rendererBus.events.flush(flushMs)]);
      const { delivered, failures } = seen;
      return { enrolMs, identityMs, certificatesMs, documentMs, delivered: delivered(), failures: failures() };
    },
    async close() {
      for (const service of running.splice(0).reverse()) await service.close();
    },
  };
}

/** Takes the host in this folder out of its cluster, with its own identity, and removes the folder. */
export async function leaveCluster(root: string, master: string): Promise<void> {
  const paths = pathsUnder(root);
  const membership = connectGrpcService(MembershipService, {
    endpoint: `${master}:7443`,
    identityDirectory: paths.hostIdentity,
    callTimeoutMs: 60_000,
  });
  try {
    await membership.leave({});
  } finally {
    membership.close();
  }
  await rm(root, { recursive: true, force: true });
}

/** What the package makes. */
async function layOut(paths: Paths): Promise<void> {
  for (const { path } of packagedDirectories(paths)) await mkdir(path, { recursive: true });
}

/** The certificates that config-renderer wants, and the identity among them. */
async function wantedNames(paths: Paths): Promise<readonly string[]> {
  if ((await readReceivedHost(paths)) === undefined) throw new Error(`${paths.root}: it has received nothing`);
  const files = await readdir(paths.certificateSpecs);
  return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
}

interface Deliveries {
  /** Sees what is published, and hands it on. */
  through(target: DeferredPublisher): EventPublisher;
  until(names: readonly string[], timeoutMs: number): Promise<void>;
  delivered(): readonly string[];
  failures(): readonly string[];
}

function watchDeliveries(): Deliveries {
  const delivered: string[] = [];
  const failures: string[] = [];
  const waiting = new Set<() => void>();
  return {
    through: (target) => ({
      publish(fact, time) {
        target.publish(fact, time);
        if (!('certificate' in fact.data)) return;
        const { certificate } = fact.data;
        if (fact.type === 'certificate.failed') failures.push(`${certificate}: ${JSON.stringify(fact.data)}`);
        if (fact.type !== 'certificate.delivered' && fact.type !== 'certificate.renewed') return;
        delivered.push(certificate);
        for (const look of waiting) look();
      },
      flush: (timeoutMs) => target.flush(timeoutMs),
    }),
    async until(names, timeoutMs) {
      const missing = (): readonly string[] => names.filter((name) => !delivered.includes(name));
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = (): void => {
        if (missing().length === 0) resolve();
      };
      const why = (): string => [`without ${missing().join(', ')}`, ...failures.slice(-1)].join('; ');
      const timer = setTimeout(() => reject(new Error(why())), Math.max(0, timeoutMs));
      waiting.add(look);
      look();
      await promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(look);
      });
    },
    delivered: () => [...delivered],
    failures: () => [...failures],
  };
}
