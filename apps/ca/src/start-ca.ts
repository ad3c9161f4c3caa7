/**
 * The CA as a service.
 *
 *   start: keys, configuration, servers ──▶ WAITING (answers UNAVAILABLE, /healthz 503)
 *          bus, register, ledger, journal of `ca init` ──▶ READY (signs, /healthz 200)
 *
 * Nobody lets the CA onto the bus: auth callout and bus connection use keys that nats-server knows by itself. Everybody else
 * is let in by that callout.
 */

import { type KeyObject, randomBytes } from 'node:crypto';
import {
  AutomationsService,
  BulkSigningService,
  CertificateAuthorityService,
  CfsslKeysService,
  EnrolmentService,
  HostsService,
  MembershipService,
  TokensService,
} from '@easycerts/contracts';
import type { Bus, Handlers, RunningService, ServiceContext, UnaryHandlers } from '@easycerts/runtime';
import { openServiceOf, serviceOf, startGrpcServer, startHealthServer } from '@easycerts/runtime';
import packageFacts from '../package.json' with { type: 'json' };
import { type CaOptions, defaultEnrolmentLimits, defaultLimits } from './config.ts';
import { type BusSession, isOutdated } from './core/bus-session.ts';
import { createFailureThrottle } from './core/failure-throttle.ts';
import { tokenStateOf } from './core/token-record.ts';
import { createAudit } from './edge/audit.ts';
import { type Authorities, assertInitialized, loadAuthorities } from './edge/authority-files.ts';
import { createAutomationHandlers } from './edge/automations/automation-handlers.ts';
import type { CallEnvironment, Stores } from './edge/call-environment.ts';
import { createCfsslKeyHandlers } from './edge/cfssl/key-handlers.ts';
import { loadMasterSecret } from './edge/cfssl/master-secret.ts';
import { startCfsslApi } from './edge/cfssl/start-cfssl-api.ts';
import { type ClusterView, openClusterView } from './edge/cluster-view.ts';
import { confirmingFirstUse } from './edge/enrolment/confirm-first-use.ts';
import { createEnrol } from './edge/enrolment/enrol.ts';
import { createGetCertificate } from './edge/get-certificate.ts';
import { createGetTrustBundle } from './edge/get-trust-bundle.ts';
import { guardBus } from './edge/guard-bus.ts';
import { createListHosts, createRemoveHost } from './edge/hosts.ts';
import { addAuthorities } from './edge/initialize/add-authorities.ts';
import { createLeave } from './edge/leave.ts';
import { createListCertificates } from './edge/list-certificates.ts';
import { createMetrics } from './edge/metrics.ts';
import { createOnceAKey } from './edge/once-a-key.ts';
import { closeStores, openStores } from './edge/open-stores.ts';
import { prepareStores } from './edge/prepare-stores.ts';
import { createRandomPool } from './edge/random-pool.ts';
import { createRateLimiter } from './edge/rate-limiter.ts';
import { finishRemovals } from './edge/remove-host.ts';
import { createSign } from './edge/sign.ts';
import { createSignStream } from './edge/sign-stream.ts';
import { createSigningThreads, type RunningSigning } from './edge/signing/signing-threads.ts';
import { createTokenHandlers } from './edge/tokens/token-handlers.ts';
import { publishStarted } from './events.ts';

export interface CaContext extends ServiceContext {
  readonly bus: Bus;
}

export interface RunningCa extends RunningService {
  readonly grpcPort: number;
  readonly httpsPort: number;
  readonly enrolPort: number;
  /** 0: the API of cfssl is not served. */
  readonly cfsslPort: number;
  /** Resolves when it signs; never when it is closed before. */
  readonly ready: Promise<void>;
}

/** What exists only once the bus has answered. */
interface Loaded {
  stores: Stores | undefined;
}

/** How often this host's own addresses and cluster.yaml are looked at without being asked. */
const refreshMs = 30_000;

/** Starts the CA. AppError FAILED_PRECONDITION before `ca init` or for a port in use, DAMAGED for its keys. */
export async function startCertificateAuthority(context: CaContext, options: CaOptions): Promise<RunningCa> {
  const { clock, logger, random, events } = context;
  const { paths } = options;
  const loaded: Loaded = { stores: undefined };
  await assertInitialized(paths.ca);
  const view = await openClusterView({
    source: options.source,
    paths,
    clock,
    logger,
    onOwnHost: async (record) => loaded.stores?.register.register(record),
  });
  const added = await addAuthorities(paths.ca, view.config, clock.now());
  if (added.length > 0) logger.info({ authorities: added }, 'made authorities that the CA did not have yet');
  const authorities = await loadAuthorities(paths.ca);
  const signing = createSigningThreads({ authorities, logger });
  const environment = environmentOf(context, options, { authorities, signing, view, loaded });
  const refreshing = setInterval(() => void tend(environment), refreshMs);
  refreshing.unref();
  const closing = new AbortController();
  const started: RunningService[] = [signing];
  const close = async (): Promise<void> => {
    closing.abort();
    clearInterval(refreshing);
    // The last one started first: the servers stop taking calls before what they need goes away.
    for (const service of started.splice(0).reverse()) await service.close();
  };
  try {
    const gate = { stores: () => loaded.stores, ownHost: () => view.ownHost.name };
    const isOutdated = (session: BusSession) => isOutdatedNow(session, loaded.stores);
    const bus = { servers: options.busServers, paths, events, clock, logger, random };
    const guard = await guardBus({ ...gate, ...bus, isOutdated });
    started.push(guard, { close: async () => loaded.stores && closeStores(loaded.stores) });
    const enrolment = await startEnrolment(environment, options);
    started.push(enrolment);
    const secret = options.cfssl && (await loadMasterSecret(paths.ca, environment.randomBytes));
    const grpc = await startGrpc(environment, options, { enrolPort: enrolment.port, secret });
    started.push(grpc);
    const health = await startHealth(environment, options);
    started.push(health);
    const cfssl = await startCfssl(environment, options, secret);
    if (cfssl !== undefined) started.push(cfssl);
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const onMembers = () => guard.review();
    const { signal } = closing;
    const loading = load(context, { environment, loaded, caDirectory: paths.ca, onMembers, signal }).then((isLoaded) =>
      isLoaded ? resolve() : undefined,
    );
    started.push({ close: () => loading });
    const ports = { grpcPort: grpc.port, httpsPort: health.port, enrolPort: enrolment.port };
    return { ...ports, cfsslPort: cfssl?.port ?? 0, ready, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function environmentOf(
  { clock, logger, events, bus }: CaContext,
  { limits = defaultLimits }: CaOptions,
  {
    authorities,
    signing,
    view,
    loaded,
  }: { authorities: Authorities; signing: RunningSigning; view: ClusterView; loaded: Loaded },
): CallEnvironment {
  const metrics = createMetrics({
    authorities,
    isLedgerReady: () => loaded.stores !== undefined,
    ledgerSize: () => loaded.stores?.ledger.size ?? 0,
    isBusConnected: () => bus.isConnected(),
    hosts: () => loaded.stores?.register.size ?? 0,
    tokens: () =>
      loaded.stores?.tokens.all().filter((token) => tokenStateOf(token, clock.now()) === 'valid').length ?? 0,
  });
  return {
    authorities,
    signing,
    view,
    stores: () => loaded.stores,
    maySign: createRateLimiter(limits.sign, clock),
    mayRead: createRateLimiter(limits.read, clock),
    enrolments: createFailureThrottle(limits.refusedEnrolments ?? defaultEnrolmentLimits),
    onceAKey: createOnceAKey(),
    metrics,
    audit: createAudit({ events, metrics, clock, logger }),
    events,
    consumers: bus.consumers,
    clock,
    logger,
    randomBytes: createRandomPool(randomBytes),
  };
}

/** For machines that have a join token and no certificate: nothing but Enrol is there. */
function startEnrolment(environment: CallEnvironment, { enrol, paths }: CaOptions) {
  return startGrpcServer({
    ...enrol,
    clients: 'anybody',
    identityDirectory: paths.caIdentity,
    services: [openServiceOf(EnrolmentService, { enrol: createEnrol(environment) })],
    logger: environment.logger,
  });
}

function startGrpc(
  environment: CallEnvironment,
  { grpc, paths }: CaOptions,
  { enrolPort, secret }: { readonly enrolPort: number; readonly secret: KeyObject | undefined },
) {
  const authority = {
    sign: createSign(environment),
    getTrustBundle: createGetTrustBundle(environment),
    listCertificates: createListCertificates(environment),
    getCertificate: createGetCertificate(environment),
  };
  const { sign } = confirmingFirstUse(environment, authority);
  const forHosts = <Definition extends object>(definition: Definition, handlers: UnaryHandlers<Definition>) =>
    serviceOf(definition, confirmingFirstUse(environment, handlers) as Handlers<Definition>);
  return startGrpcServer({
    ...grpc,
    identityDirectory: paths.caIdentity,
    services: [
      forHosts(CertificateAuthorityService, authority),
      serviceOf(BulkSigningService, { signStream: createSignStream(sign) }),
      forHosts(MembershipService, { leave: createLeave(environment) }),
      forHosts(HostsService, {
        listHosts: createListHosts(environment),
        removeHost: createRemoveHost(environment),
      }),
      forHosts(AutomationsService, createAutomationHandlers(environment)),
      forHosts(TokensService, createTokenHandlers(environment, enrolPort)),
      forHosts(CfsslKeysService, createCfsslKeyHandlers(environment, secret)),
    ],
    logger: environment.logger,
    onRefused: ({ method, peer, detail }) =>
      environment.audit.callRefused(method, { host: undefined, finding: { reason: 'unauthenticated', detail }, peer }),
  });
}

async function startCfssl(environment: CallEnvironment, { cfssl, paths }: CaOptions, secret: KeyObject | undefined) {
  if (cfssl === undefined || secret === undefined) return undefined;
  const identities = { identityDirectory: paths.cfsslIdentity, firstIdentityDirectory: paths.caIdentity };
  return startCfsslApi(environment, { ...identities, ...cfssl, secret });
}

function startHealth({ metrics, logger, stores }: CallEnvironment, { https, paths }: CaOptions) {
  return startHealthServer({
    ...https,
    identityDirectory: paths.caIdentity,
    health: () => stores() !== undefined,
    metrics: metrics.registry,
    logger,
  });
}

/** WAITING → READY; false when it was closed before. */
async function load(
  { bus, random }: CaContext,
  loading: {
    environment: CallEnvironment;
    loaded: Loaded;
    caDirectory: string;
    onMembers: () => void;
    signal: AbortSignal;
  },
): Promise<boolean> {
  const { environment, loaded, caDirectory, onMembers, signal } = loading;
  const { logger, metrics, view, events, clock } = environment;
  const prepare = (stores: Stores): Promise<void> => prepareStores(stores, environment, caDirectory);
  const { committed: onCommitted } = metrics;
  loaded.stores = await openStores({ bus, logger, random, caDirectory, onCommitted, onMembers, prepare }, signal);
  if (loaded.stores === undefined) return false;
  onMembers();
  const host = view.ownHost.name;
  const certificates = loaded.stores.ledger.size;
  logger.info({ host, certificates }, 'the CA is ready');
  publishStarted(events, { host, version: packageFacts.version, certificates, at: clock.now() });
  return true;
}

/** Undefined while it is not known who is a member. */
function isOutdatedNow(session: BusSession, stores: Stores | undefined): boolean | undefined {
  if (stores === undefined) return undefined;
  const { register, revocations, automations } = stores;
  return isOutdated(session, {
    isRevoked: (fingerprint) => revocations.hasFingerprint(fingerprint),
    host: (name) => register.find(name),
    automation: (name) => automations.find(name)?.fingerprint,
  });
}

/** What is done now and then: cluster.yaml looked at, what was interrupted finished, what is over forgotten. */
async function tend(environment: CallEnvironment): Promise<void> {
  await environment.view.refresh();
  const stores = environment.stores();
  if (stores === undefined) return;
  await finishRemovals(environment, stores);
  await stores.revocations.forgetExpired(environment.clock.now()).catch((err: unknown) => {
    environment.logger.warn({ err }, 'expired revocations are kept a little longer');
  });
}
