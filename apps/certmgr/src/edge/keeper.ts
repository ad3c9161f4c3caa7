/**
 * Keeps one certificate at a time: plans, and does what the plan says, under a lock that `ensure` and `run` share. After the
 * lock is taken everything is looked at again: what the other one has done already is not done twice.
 */

import type { Paths } from '@easycerts/cluster';
import { AppError, type Clock } from '@easycerts/core';
import {
  clearHold,
  correctSetModes,
  deliverSet,
  readHold,
  readSet,
  type Users,
  withFileLock,
} from '@easycerts/runtime';
import type { LeafFacts } from '../core/observation.ts';
import { type CertificatePlan, type PlanInput, planCertificate } from '../core/plan.ts';
import type { BreakerPolicy } from '../core/schedule.ts';
import type { Delivery } from '../events.ts';
import type { Authority } from './authority.ts';
import type { Histories } from './histories.ts';
import type { Observer } from './observer.ts';
import type { PendingRequests } from './pending-requests.ts';
import type { Reporter } from './reporter.ts';
import { requestCertificate } from './request-certificate.ts';
import type { LoadedSpec } from './spec-files.ts';
import type { TrustBundles } from './trust-bundles.ts';

export interface KeeperParts {
  readonly paths: Pick<Paths, 'certmgrState'>;
  readonly users: Users;
  readonly ca: Authority;
  readonly observer: Observer;
  readonly bundles: TrustBundles;
  readonly pending: PendingRequests;
  readonly histories: Histories;
  readonly reporter: Reporter;
  readonly breaker: BreakerPolicy;
  /** Ends waiting and calls. */
  readonly signal: AbortSignal;
}

/** What was done: the plan is the one that was carried out, or why nothing was; `leaf` is the new certificate. */
export type Kept =
  | { readonly kind: 'nothing' | 'bundle' | 'modes'; readonly plan: CertificatePlan }
  | { readonly kind: 'delivered' | 'renewed'; readonly plan: CertificatePlan; readonly leaf: LeafFacts };

/** As long as another process may take for one certificate: a call, its deadline, a delivery. */
const lockWaitMs = 30_000;
const noHistory = { reissues: [] };

/** Whether the plan is to do something. */
export function isActionable({ state }: Pick<CertificatePlan, 'state'>): boolean {
  return state === 'reissue' || state === 'bundle' || state === 'modes';
}

export class Keeper {
  readonly #clock: Clock;
  readonly #parts: KeeperParts;

  constructor(clock: Clock, parts: KeeperParts) {
    this.#clock = clock;
    this.#parts = parts;
  }

  /** What is to be done about a certificate now; reads, never writes. */
  async plan(loaded: LoadedSpec, isForced = false): Promise<CertificatePlan> {
    const { observer, bundles, histories, breaker } = this.#parts;
    const { spec, digest } = loaded;
    const input: PlanInput = {
      spec,
      specDigest: digest,
      observation: observer.observe(spec, bundles.get(spec.authority)),
      isForced,
      hold: undefined,
      history: noHistory,
      breaker,
      nowMs: this.#clock.now().getTime(),
    };
    const plan = planCertificate(input);
    // Holds and histories only ever put something off, and looking for them costs more than all the rest
    if (plan.state !== 'reissue' && plan.state !== 'bundle') return plan;
    return planCertificate({ ...input, hold: await readHold(spec.directory), history: histories.get(spec.name) });
  }

  /** Whether `keep` has something to do: the plan says so, or something is left from before. */
  isDue(loaded: LoadedSpec, plan: CertificatePlan, pendingNames: ReadonlySet<string>): boolean {
    if (plan.state === 'stopped') return this.#parts.histories.get(plan.name).stoppedFor !== loaded.digest;
    return isActionable(plan) || (plan.state === 'ok' && pendingNames.has(plan.name));
  }

  /** Does what is to be done. Throws what went wrong; the set in use stays. */
  async keep(loaded: LoadedSpec, isForced = false): Promise<Kept> {
    const { paths, signal } = this.#parts;
    const lock = `${paths.certmgrState}/locks/${loaded.spec.name}.lock`;
    return withFileLock(lock, { waitMs: lockWaitMs, signal }, () => this.#keepLocked(loaded, isForced));
  }

  async #keepLocked(loaded: LoadedSpec, isForced: boolean): Promise<Kept> {
    const { spec } = loaded;
    await this.#reportUnreported(loaded);
    if (isForced) {
      await this.#parts.histories.forget(spec.name);
      await clearHold(spec.directory);
    }
    const plan = await this.plan(loaded, isForced);
    switch (plan.state) {
      case 'reissue':
        return this.#reissue(loaded, plan);
      case 'bundle':
        return this.#replaceBundle(loaded, plan);
      case 'modes':
        await correctSetModes(spec.directory, this.#parts.observer.modesOf(spec));
        this.#parts.reporter.modesCorrected(plan);
        return { kind: 'modes', plan };
      case 'stopped':
        await this.#stop(loaded, plan);
        return { kind: 'nothing', plan };
      case 'ok':
        // Of a request that is no longer needed: its key must not lie around
        await this.#parts.pending.remove(spec.name);
        return { kind: 'nothing', plan };
      case 'action':
      case 'clock':
      case 'held':
      case 'error':
        return { kind: 'nothing', plan };
      default:
        throw new AppError('INTERNAL', `unknown state ${plan.state satisfies never}`);
    }
  }

  async #reissue(loaded: LoadedSpec, plan: CertificatePlan): Promise<Kept> {
    const { spec, digest } = loaded;
    const { observer, pending, bundles, histories, ca, signal } = this.#parts;
    const clock = this.#clock;
    // Before the CA is asked: an owner that does not exist is no reason for a certificate nobody can use
    observer.modesOf(spec);
    const onIssued = (serial: string): Promise<void> =>
      histories.add(spec.name, { serial, atMs: clock.now().getTime(), specDigest: digest });
    const obtained = await requestCertificate(
      { loaded, reason: plan.reason ?? 'missing', currentSerial: plan.serial },
      { ca, pending, bundles, clock, signal, onIssued },
    );
    const delivered = await deliverSet({ ...this.#ownership(loaded), files: obtained.files });
    if (!delivered.isClean) this.#parts.reporter.leftovers(spec.name);
    await this.#finish(loaded, { leaf: obtained.leaf, reason: obtained.reason, previousSerial: plan.serial });
    const kind = plan.serial === undefined ? 'delivered' : 'renewed';
    return { kind, plan, leaf: obtained.leaf };
  }

  async #replaceBundle(loaded: LoadedSpec, plan: CertificatePlan): Promise<Kept> {
    const { spec } = loaded;
    const trusted = this.#parts.bundles.get(spec.authority);
    if (trusted === undefined) {
      throw new AppError(
        'UNAVAILABLE',
        `certificate ${spec.name}: the trust bundle of ${spec.authority} is not known yet`,
      );
    }
    const { cert, key, target } = await readSet(spec.directory);
    const files = { cert, key, ca: trusted.pem };
    await deliverSet({ ...this.#ownership(loaded), files, onlyIfTarget: target });
    this.#parts.reporter.bundleReplaced({ spec, bundlePem: trusted.pem });
    return { kind: 'bundle', plan };
  }

  #ownership({ spec }: LoadedSpec) {
    const { directory, owner, group, keyMode } = spec;
    return { directory, owner, group, keyMode, users: this.#parts.users };
  }

  /** A crash between delivery and event: the key of the request is the one in use. */
  async #reportUnreported(loaded: LoadedSpec): Promise<void> {
    const { spec, digest } = loaded;
    const { pending, observer, bundles, histories } = this.#parts;
    const request = await pending.load(spec.name);
    if (request === undefined) return;
    const observation = observer.observe(spec, bundles.get(spec.authority));
    if (observation.kind !== 'present' || observation.leaf.spkiFingerprint !== request.spkiFingerprint) return;
    const { leaf } = observation;
    await histories.add(spec.name, { serial: leaf.serial, atMs: request.createdAtMs, specDigest: digest });
    await this.#finish(loaded, { leaf, reason: request.reason, previousSerial: request.previousSerial });
  }

  /** The delivery is durable: it is reported, then the request with its key forgotten. */
  async #finish({ spec }: LoadedSpec, delivery: Omit<Delivery, 'spec'>): Promise<void> {
    this.#parts.reporter.delivered({ spec, ...delivery });
    await this.#parts.pending.remove(spec.name);
  }

  /** Written down once, so that the next process stops too. */
  async #stop({ spec, digest }: LoadedSpec, plan: CertificatePlan): Promise<void> {
    const { histories, pending, reporter } = this.#parts;
    if (histories.get(spec.name).stoppedFor === digest) return;
    await histories.stop(spec.name, digest);
    await pending.remove(spec.name);
    reporter.needsPerson(plan, 0);
  }
}
