/** The handlers of the CA around a bus in memory. */

import { randomBytes } from 'node:crypto';
import { type HostRecord, hostRecordKey } from '@easycerts/cluster';
import type { CallContext } from '@easycerts/runtime';
import { advanceableClock, createFakeBus, recordingPublisher, silentLogger } from '@easycerts/testing';
import { defaultEnrolmentLimits } from '../src/config.ts';
import { createFailureThrottle } from '../src/core/failure-throttle.ts';
import { encodeRegisteredHost } from '../src/core/registered-host.ts';
import { createAudit } from '../src/edge/audit.ts';
import { automationsBucket, openAutomationStore } from '../src/edge/automations/automation-store.ts';
import type { CallEnvironment, Stores } from '../src/edge/call-environment.ts';
import { cfsslKeysBucket, openCfsslKeyStore } from '../src/edge/cfssl/key-store.ts';
import { type ClusterSource, openClusterView } from '../src/edge/cluster-view.ts';
import { hostsBucket, openHostRegister } from '../src/edge/host-register.ts';
import { ledgerStream, ledgerSubjects, openLedger } from '../src/edge/ledger.ts';
import { createMetrics } from '../src/edge/metrics.ts';
import { createOnceAKey } from '../src/edge/once-a-key.ts';
import { createRateLimiter } from '../src/edge/rate-limiter.ts';
import { openRevocations, revocationsBucket } from '../src/edge/revocations.ts';
import { signingInPlace } from '../src/edge/signing/signing.ts';
import { openTokenStore, tokensBucket } from '../src/edge/token-store.ts';
import { config, makeAuthorities, master, node, paths } from './fixture.ts';

const authorities = await makeAuthorities();

/** A CA that knows m1 (this host) and n1. `load` gives the configuration, `isReady` whether the stores are loaded. */
export async function testEnvironment(options: { readonly source?: ClusterSource } = {}) {
  const clock = advanceableClock();
  const bus = createFakeBus({ clock });
  const events = recordingPublisher(undefined, clock);
  const logger = silentLogger();
  const bucket = await bus.bucket(hostsBucket);
  const register = await openHostRegister(bucket, logger);
  await register.register(master);
  await register.register(node);
  const stream = await bus.stream(ledgerStream, ledgerSubjects);
  const ledger = await openLedger({ stream, logger });
  const revocations = await openRevocations(await bus.bucket(revocationsBucket), logger);
  const tokens = await openTokenStore(await bus.bucket(tokensBucket), logger);
  const automations = await openAutomationStore(await bus.bucket(automationsBucket), logger);
  const cfsslKeys = await openCfsslKeyStore(await bus.bucket(cfsslKeysBucket), logger);
  const state: { stores: Stores | undefined } = {
    stores: { ledger, register, revocations, tokens, automations, cfsslKeys },
  };
  const metrics = createMetrics({
    authorities,
    isLedgerReady: () => state.stores !== undefined,
    ledgerSize: () => ledger.size,
    isBusConnected: () => bus.isConnected(),
    hosts: () => register.size,
    tokens: () => tokens.all().length,
  });
  const limit = { burst: 20, perSecond: 1 };
  const view = await openClusterView({
    source: options.source ?? { load: async () => ({ config, ownHost: master }) },
    paths,
    clock,
    logger,
    onOwnHost: (record) => register.register(record),
  });
  const environment: CallEnvironment = {
    authorities,
    signing: signingInPlace(authorities),
    view,
    stores: () => state.stores,
    maySign: createRateLimiter(limit, clock),
    mayRead: createRateLimiter(limit, clock),
    enrolments: createFailureThrottle(defaultEnrolmentLimits),
    onceAKey: createOnceAKey(),
    metrics,
    audit: createAudit({ events, metrics, clock, logger }),
    events,
    consumers: bus.consumers,
    clock,
    logger,
    randomBytes,
  };
  return {
    environment,
    authorities,
    bus,
    bucket,
    clock,
    events,
    ledger,
    tokens,
    metrics,
    register,
    revocations,
    automations,
    cfsslKeys,
    state,
    /** Writes a host's record as another master would. */
    putHost: (record: HostRecord, isRevoked: boolean) =>
      bucket.put(hostRecordKey(record.name), encodeRegisteredHost({ record, isRevoked })),
    close: async () => {
      await ledger.close();
      await register.close();
      await revocations.close();
      await tokens.close();
      await automations.close();
      await cfsslKeys.close();
    },
  };
}

/** A call of a host, as the gRPC server presents it. */
export function callOf(
  record: HostRecord,
  signal: AbortSignal = new AbortController().signal,
  serial = 'a',
): CallContext {
  const role = record.roles.includes('master') ? 'master' : 'node';
  const certificateDer = new Uint8Array();
  return {
    caller: { host: record.name, role, serial, fingerprint: 'b', certificateDer },
    peer: '192.0.2.11:4711',
    signal,
  };
}
