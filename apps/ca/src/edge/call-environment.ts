/** What every call needs around it. */

import { AppError, type Clock, type DenyReason, type Finding, firstFinding } from '@easycerts/core';
import type { CallContext, EventConsumers, EventPublisher, Logger } from '@easycerts/runtime';
import { type CallerFacts, hostChecks } from '../core/caller-checks.ts';
import type { FailureThrottle } from '../core/failure-throttle.ts';
import type { Audit } from './audit.ts';
import type { Authorities } from './authority-files.ts';
import type { AutomationStore } from './automations/automation-store.ts';
import type { CfsslKeyStore } from './cfssl/key-store.ts';
import type { ClusterView } from './cluster-view.ts';
import type { HostRegister } from './host-register.ts';
import type { Ledger } from './ledger.ts';
import type { Metrics } from './metrics.ts';
import type { OnceAKey } from './once-a-key.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { refusalError } from './refusal-error.ts';
import type { Revocations } from './revocations.ts';
import type { Signing } from './signing/signing.ts';
import type { TokenStore } from './token-store.ts';

/** What exists only once the bus has answered. */
export interface Stores {
  readonly ledger: Ledger;
  readonly register: HostRegister;
  readonly revocations: Revocations;
  readonly automations: AutomationStore;
  readonly tokens: TokenStore;
  readonly cfsslKeys: CfsslKeyStore;
}

export interface CallEnvironment {
  readonly authorities: Authorities;
  readonly signing: Signing;
  readonly view: ClusterView;
  /** Undefined until ledger and register are loaded. */
  readonly stores: () => Stores | undefined;
  readonly maySign: RateLimiter;
  readonly mayRead: RateLimiter;
  readonly enrolments: FailureThrottle;
  /** For everything that certifies a key. */
  readonly onceAKey: OnceAKey;
  readonly metrics: Metrics;
  readonly audit: Audit;
  readonly events: EventPublisher;
  readonly consumers: EventConsumers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** The stores. AppError UNAVAILABLE while they are not loaded. */
export function storesOf(environment: CallEnvironment): Stores {
  const stores = environment.stores();
  if (stores !== undefined) return stores;
  throw new AppError('UNAVAILABLE', 'the CA is not ready: its ledger is not loaded yet', {
    details: { cure: 'see whether easycerts-nats runs on the master; the call can be repeated' },
  });
}

/** The stores, for what ends in the ledger. AppError UNAVAILABLE while they are not loaded or nothing can be recorded. */
export function writableStoresOf(environment: CallEnvironment): Stores {
  const stores = storesOf(environment);
  stores.ledger.assertWritable();
  return stores;
}

/** Refuses (AppError, event, metric) a call of a host that is unknown, revoked or too busy. */
export function assertMayRead(environment: CallEnvironment, method: string, context: CallContext): Stores {
  const stores = storesOf(environment);
  const isWithinRate = environment.mayRead(context.caller.host);
  const finding = firstFinding(hostChecks, { ...standingOf(stores, context), isWithinRate });
  if (finding !== undefined) throw refuseCall(environment, { method, context, finding });
  return stores;
}

/** Refuses (AppError, event, metric) a call of anyone but a master that may call. */
export function assertMaster(environment: CallEnvironment, method: string, context: CallContext): Stores {
  const stores = assertMayRead(environment, method, context);
  if (context.caller.role === 'master') return stores;
  const finding = { reason: 'not-permitted', detail: 'only a master may' } as const;
  throw refuseCall(environment, { method, context, finding });
}

/** What register and revocations say about a caller. */
export function standingOf(
  { register, revocations }: Stores,
  { caller }: CallContext,
): Omit<CallerFacts, 'isWithinRate'> {
  return { caller, host: register.find(caller.host), isCertificateRevoked: revocations.has(caller.serial) };
}

/** Tells the audit trail about a refused call other than signing, and returns the error to throw. */
export function refuseCall(
  { audit }: CallEnvironment,
  refused: { readonly method: string; readonly context: CallContext; readonly finding: Finding<DenyReason> },
): AppError {
  const { method, context, finding } = refused;
  audit.callRefused(method, { host: context.caller.host, finding, peer: context.peer });
  return refusalError(method, finding);
}
