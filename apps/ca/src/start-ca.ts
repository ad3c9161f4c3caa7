/**
 * The CA as a service.
 *
 *   start: keys, configuration, servers ──▶ WAITING (answers UNAVAILABLE, /healthz 503)
 *          bus, register, ledger, journal of `ca init` ──▶ READY (signs, /healthz 200)
 *
 * It lets itself onto the bus: the auth callout connects with a key that nats-server knows by itself, then the CA's own
 * connection is decided by that callout.
 */

import { randomBytes } from 'node:crypto';
import { CertificateAuthorityService } from '@easycerts/contracts';
import type { Bus, RunningService, ServiceContext } from '@easycerts/runtime';
import { serviceOf, startGrpcServer, startHealthServer } from '@easycerts/runtime';
import packageFacts from '../package.json' with { type: 'json' };
import { type CaOptions, defaultLimits } from './config.ts';
import { certificateOf } from './core/ledger-record.ts';
import { createAudit } from './edge/audit.ts';
import { loadAuthorities } from './edge/authority-files.ts';
import type { CallEnvironment, Stores } from './edge/call-environment.ts';
import { openClusterView } from './edge/cluster-view.ts';
import { createGetCertificate } from './edge/get-certificate.ts';
import { createGetTrustBundle } from './edge/get-trust-bundle.ts';
import { guardBus } from './edge/guard-bus.ts';
import { importJournal } from './edge/import-journal.ts';
import { createListCertificates } from './edge/list-certificates.ts';
import { createMetrics } from './edge/metrics.ts';
import { openStores } from './edge/open-stores.ts';
import { createRateLimiter } from './edge/rate-limiter.ts';
import { createSign } from './edge/sign.ts';
import { publishInitialized, publishIssued, publishStarted } from './events.ts';

export interface CaContext extends ServiceContext {
  readonly bus: Bus;
}

export interface RunningCa extends RunningService {
  readonly grpcPort: number;
  readonly httpsPort: number;
  /** Resolves when it signs; never when it is closed before. */
  readonly ready: Promise<void>;
}

/** How often this host's own addresses and cluster.yaml are looked at without being asked. */
const refreshMs = 30_000;

/** Starts the CA. AppError FAILED_PRECONDITION before `ca init` or for a port in use, DAMAGED for its keys. */
export async function startCertificateAuthority(context: CaContext, options: CaOptions): Promise<RunningCa> {
  const { clock, logger, random, events, bus } = context;
  const { paths, limits = defaultLimits } = options;
  const authorities = await loadAuthorities(paths.ca);
  const closing = new AbortController();
  let stores: Stores | undefined;
  const view = await openClusterView({
    source: options.source,
    paths,
    clock,
    logger,
    onOwnHost: async (record) => stores?.register.register(record),
  });
  const metrics = createMetrics({
    authorities,
    isLedgerReady: () => stores !== undefined,
    ledgerSize: () => stores?.ledger.size ?? 0,
    isBusConnected: () => bus.isConnected(),
    hosts: () => stores?.register.size ?? 0,
  });
  const audit = createAudit({ events, metrics, clock, logger });
  const environment: CallEnvironment = {
    authorities,
    view,
    stores: () => stores,
    maySign: createRateLimiter(limits.sign, clock),
    mayRead: createRateLimiter(limits.read, clock),
    metrics,
    audit,
    events,
    clock,
    logger,
    randomBytes,
  };

  const started: RunningService[] = [];
  const close = async (): Promise<void> => {
    closing.abort();
    clearInterval(refreshing);
    // The last one started first: the servers stop taking calls before what they need goes away.
    for (const service of started.splice(0).reverse()) await service.close();
  };
  const refreshing = setInterval(() => void view.refresh(), refreshMs);
  refreshing.unref();
  try {
    const gate = { register: () => stores?.register, ownHost: () => view.ownHost.name };
    started.push(await guardBus({ ...gate, servers: options.busServers, paths, events, clock, logger, random }));
    started.push({ close: async () => void (await Promise.all([stores?.ledger.close(), stores?.register.close()])) });
    const grpc = await startGrpcServer({
      ...options.grpc,
      identityDirectory: paths.caIdentity,
      services: [serviceOf(CertificateAuthorityService, handlersOf(environment))],
      logger,
      onRefused: ({ method, peer, detail }) =>
        audit.callRefused(method, { host: undefined, finding: { reason: 'unauthenticated', detail }, peer }),
    });
    started.push(grpc);
    const health = await startHealthServer({
      ...options.https,
      identityDirectory: paths.caIdentity,
      health: () => stores !== undefined,
      metrics: metrics.registry,
      logger,
    });
    started.push(health);
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const becomeReady = async (): Promise<void> => {
      stores = await openStores(
        {
          bus,
          logger,
          random,
          onCommitted: metrics.committed,
          prepare: (loaded) => prepare(loaded, environment, paths.ca),
        },
        closing.signal,
      );
      if (stores === undefined) return;
      const host = view.ownHost.name;
      const certificates = stores.ledger.size;
      logger.info({ host, certificates, grpcPort: grpc.port, httpsPort: health.port }, 'the CA is ready');
      publishStarted(events, { host, version: packageFacts.version, certificates, at: clock.now() });
      resolve();
    };
    const becoming = becomeReady();
    started.push({ close: () => becoming });
    return { grpcPort: grpc.port, httpsPort: health.port, ready, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function handlersOf(environment: CallEnvironment) {
  return {
    sign: createSign(environment),
    getTrustBundle: createGetTrustBundle(environment),
    listCertificates: createListCertificates(environment),
    getCertificate: createGetCertificate(environment),
  };
}

/** This host's record and the certificates of `ca init` are there before the first call is answered. */
async function prepare({ register, ledger }: Stores, environment: CallEnvironment, caDirectory: string): Promise<void> {
  const { view, authorities, events, logger } = environment;
  await register.register(view.ownHost);
  const imported = await importJournal(caDirectory, authorities, ledger);
  if (imported.length === 0) return;
  logger.info({ certificates: imported.length }, 'recorded what ca init issued');
  publishInitialized(events, view.ownHost.name, authorities);
  for (const record of imported) publishIssued(events, record, certificateOf(record));
}
