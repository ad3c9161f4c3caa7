/**
 * Keeps the files of one spec at a time: plans by certmgr's rules, and does what the plan says, under a lock that `ensure` and
 * `run` share. What follows on a change (a restart) is only noted as due: several specs of a service cost one restart.
 */

import { AppError, type Clock, isAppError, secondMs } from '@easycerts/core';
import { type Logger, type Users, withFileLock, writeFilesAtomically } from '@easycerts/runtime';
import { cfsslRules, type PlannedCfsslSpec } from '../../core/cfssl/cfssl-rules.ts';
import { filesOfSpec, type ManagedFile } from '../../core/cfssl/cfssl-spec.ts';
import type { LeafFacts } from '../../core/observation.ts';
import { type CertificatePlan, planByRules } from '../../core/plan.ts';
import type { BreakerPolicy } from '../../core/schedule.ts';
import type { Histories } from '../histories.ts';
import { isActionable, type Kept } from '../keeper.ts';
import type { CertificateKeeper } from '../pass.ts';
import type { AuthKeys } from './auth-keys.ts';
import type { Authorities, KnownCa } from './authorities.ts';
import { CachedFiles } from './cached-files.ts';
import type { CfsslClient } from './cfssl-client.ts';
import type { CfsslCounters } from './cfssl-counters.ts';
import type { LoadedCfsslSpec } from './cfssl-spec-files.ts';
import { type FileObserver, groupOf, ownerOf } from './file-observer.ts';
import { isStillGood, requestFromCfssl } from './request-from-cfssl.ts';
import type { UnfinishedDeliveries } from './unfinished-deliveries.ts';

export interface CfsslKeeperParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the state. */
  readonly folder: string;
  readonly users: Users;
  readonly client: CfsslClient;
  readonly keys: AuthKeys;
  readonly authorities: Authorities;
  readonly observer: FileObserver;
  readonly histories: Histories;
  readonly unfinished: UnfinishedDeliveries;
  readonly counters: CfsslCounters;
  readonly breaker: BreakerPolicy;
  /** Whether changes are to be followed by actions. */
  readonly areActionsWanted: boolean;
  readonly signal: AbortSignal;
}

interface Delivered {
  readonly plan: CertificatePlan;
  readonly leaf: LeafFacts;
  readonly previousSerial: string | undefined;
}

const lockWaitMs = 60 * secondMs;
const noHistory = { reissues: [] };

export class CfsslKeeper implements CertificateKeeper<LoadedCfsslSpec> {
  readonly #parts: CfsslKeeperParts;

  constructor(parts: CfsslKeeperParts) {
    this.#parts = parts;
  }

  /** What is to be done now; reads, never writes. */
  async plan({ spec, digest }: LoadedCfsslSpec, isForced = false): Promise<CertificatePlan> {
    const { authorities, observer, histories, unfinished, breaker, clock } = this.#parts;
    const observation = observer.observe(spec.cfssl, authorities.get(spec.cfssl.authority));
    const lifetimeMs =
      observation.kind === 'present' ? observation.leaf.notAfterMs - observation.leaf.notBeforeMs : Infinity;
    const input = {
      spec: { ...spec, validityS: lifetimeMs / secondMs } satisfies PlannedCfsslSpec,
      specDigest: digest,
      observation,
      isForced,
      hold: undefined,
      history: noHistory,
      breaker,
      nowMs: clock.now().getTime(),
    };
    const plan = planByRules(input, cfsslRules);
    if (plan.state === 'ok' && unfinished.actionsDue().has(spec.name)) {
      return { ...plan, state: 'action', detail: 'the action of the spec has not succeeded yet' };
    }
    return plan.state === 'reissue' ? planByRules({ ...input, history: histories.get(spec.name) }, cfsslRules) : plan;
  }

  isDue({ digest }: LoadedCfsslSpec, plan: CertificatePlan, pendingNames: ReadonlySet<string>): boolean {
    if (plan.state === 'stopped') return this.#parts.histories.get(plan.name).stoppedFor !== digest;
    return isActionable(plan) || pendingNames.has(plan.name);
  }

  /** Does what is to be done. Throws what went wrong; the files in use stay. */
  async keep(loaded: LoadedCfsslSpec, isForced = false): Promise<Kept> {
    const { folder, signal } = this.#parts;
    const lock = `${folder}/locks/${loaded.spec.name}.lock`;
    return withFileLock(lock, { waitMs: lockWaitMs, signal }, () => this.#keepLocked(loaded, isForced));
  }

  async #keepLocked(loaded: LoadedCfsslSpec, isForced: boolean): Promise<Kept> {
    const { spec, digest } = loaded;
    const { histories, logger } = this.#parts;
    if (isForced) await histories.forget(spec.name);
    const finished = isForced ? undefined : await this.#finishDelivery(loaded);
    if (finished !== undefined) return finished;
    const plan = await this.plan(loaded, isForced);
    switch (plan.state) {
      case 'reissue':
        return this.#reissue(loaded, plan);
      case 'bundle':
        return this.#replaceBundle(loaded, plan);
      case 'modes':
        return this.#correctModes(loaded, plan);
      case 'stopped':
        if (histories.get(spec.name).stoppedFor === digest) return { kind: 'nothing', plan };
        await histories.stop(spec.name, digest);
        logger.error(
          { cert: spec.name, state: plan.state, reason: plan.reason },
          `certificate ${spec.name}: ${plan.detail}`,
        );
        return { kind: 'nothing', plan };
      default:
        return { kind: 'nothing', plan };
    }
  }

  async #reissue(loaded: LoadedCfsslSpec, plan: CertificatePlan): Promise<Kept> {
    const { cfssl: spec } = loaded.spec;
    const { client, keys, histories, unfinished, clock, signal, authorities, observer } = this.#parts;
    const { keyPair } = spec;
    if (keyPair === undefined) throw new AppError('INTERNAL', `certificate ${spec.name}: the spec asks for none`);
    // Before the CA is asked: an owner that does not exist is no reason for a certificate nobody can use
    for (const file of filesOfSpec(spec)) observer.idsOf(file);
    const ca = await this.#currentCa(loaded);
    const now = () => clock.now().getTime();
    const onIssued = (serial: string): Promise<void> =>
      histories.add(spec.name, { serial, atMs: now(), specDigest: loaded.digest });
    const source = spec.authority.authKey;
    const obtained = await this.#counted(spec.name, () =>
      requestFromCfssl({
        spec,
        keyPair,
        ca,
        client,
        signal,
        now,
        onIssued,
        ...authorities.rootCaOf(spec.authority),
        ...(source === undefined ? {} : { key: keys.keyOf(source) }),
      }),
    ).catch((error: unknown) => {
      throw isAppError(error) && error.details.reason === 'invalid-token'
        ? afterInterval(error, spec.intervalMs)
        : error;
    });
    const reason = plan.reason ?? 'missing';
    const { certificatePem, keyPem, leaf } = obtained;
    await unfinished.save(spec.name, {
      digest: loaded.digest,
      reason,
      previousSerial: plan.serial,
      certificatePem,
      keyPem,
    });
    await this.#putInPlace(loaded, { certificatePem, keyPem, ca });
    return this.#delivered(loaded, { plan, leaf, previousSerial: plan.serial });
  }

  /** A certificate that was signed before a crash or a full disk is put in place; one that is no longer wanted is forgotten. */
  async #finishDelivery(loaded: LoadedCfsslSpec): Promise<Kept | undefined> {
    const { unfinished, authorities, clock, observer } = this.#parts;
    const { cfssl: spec, name } = loaded.spec;
    const found = unfinished.load(name);
    const ca = authorities.get(spec.authority);
    const now = () => clock.now().getTime();
    if (
      found === undefined ||
      ca === undefined ||
      found.digest !== loaded.digest ||
      !isStillGood(found, { spec, ca, now })
    ) {
      await unfinished.remove(name);
      return undefined;
    }
    await this.#putInPlace(loaded, { ...found, ca });
    const observation = observer.observe(spec, ca);
    const plan = { ...(await this.plan(loaded)), reason: found.reason };
    return observation.kind === 'present'
      ? this.#delivered(loaded, { plan, leaf: observation.leaf, previousSerial: found.previousSerial })
      : undefined;
  }

  async #delivered({ spec }: LoadedCfsslSpec, { plan, leaf, previousSerial }: Delivered): Promise<Kept> {
    await this.#parts.unfinished.remove(spec.name);
    const kind = previousSerial === undefined ? 'delivered' : 'renewed';
    const fields = { cert: spec.name, reason: plan.reason, serial: leaf.serial, notAfter: new Date(leaf.notAfterMs) };
    this.#parts.logger.info(fields, `${kind} certificate`);
    return { kind, plan, leaf };
  }

  async #replaceBundle(loaded: LoadedCfsslSpec, plan: CertificatePlan): Promise<Kept> {
    const ca = await this.#currentCa(loaded);
    await this.#putInPlace(loaded, { ca });
    this.#parts.logger.info({ cert: loaded.spec.name }, 'replaced the certificate of the CA');
    return { kind: 'bundle', plan };
  }

  async #correctModes({ spec }: LoadedCfsslSpec, plan: CertificatePlan): Promise<Kept> {
    const files = new CachedFiles();
    const contents = filesOfSpec(spec.cfssl).map((file) => renderedFile(file, files.read(file.path)));
    await writeFilesAtomically(contents, this.#parts.users);
    this.#parts.logger.info({ cert: spec.name, detail: plan.detail }, 'corrected owner and mode');
    return { kind: 'modes', plan };
  }

  /** All are written beside their places first; then key, certificate and CA take them one right after the other. */
  async #putInPlace(
    { spec: { cfssl: spec } }: LoadedCfsslSpec,
    content: { readonly certificatePem?: string; readonly keyPem?: string; readonly ca: KnownCa },
  ): Promise<void> {
    const { users, unfinished, areActionsWanted, counters } = this.#parts;
    const { keyPair, ca: caFile } = spec;
    const { certificatePem, keyPem, ca } = content;
    const files = [
      ...(keyPair && keyPem ? [renderedFile(keyPair.privateKey, keyPem)] : []),
      ...(keyPair && certificatePem ? [renderedFile(keyPair.certificate, certificatePem)] : []),
      ...(caFile === undefined ? [] : [renderedFile(caFile, ca.pem)]),
    ];
    const becomesDue = areActionsWanted && spec.action !== undefined && !unfinished.actionsDue().has(spec.name);
    if (becomesDue) await unfinished.actionBecomesDue(spec.name);
    counters.count('writes', spec.name);
    try {
      await writeFilesAtomically(files, users);
    } catch (error) {
      counters.count('writeFailures', spec.name);
      // A full disk must not restart the service at every try; the next one notes it again
      if (becomesDue) await unfinished.actionIsDone(spec.name);
      throw error;
    }
  }

  async #currentCa({ spec }: LoadedCfsslSpec): Promise<KnownCa> {
    const { authorities } = this.#parts;
    await this.#counted(spec.name, () => authorities.freshen(spec.cfssl.authority));
    const ca = authorities.get(spec.cfssl.authority);
    if (ca === undefined) throw new AppError('UNAVAILABLE', `certificate ${spec.name}: its CA is not known yet`);
    return ca;
  }

  async #counted<T>(name: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      this.#parts.counters.count('requestFailures', name);
      throw error;
    }
  }
}

/** certmgr gives up until its next wake: a wrong key does not mend by asking. Another key is tried at once. */
function afterInterval(error: AppError, retryAfterMs: number): AppError {
  const { code, message, details } = error;
  return new AppError(code, message, { cause: error, details: { ...details, retryAfterMs } });
}

function renderedFile({ path, mode, ...file }: ManagedFile, content: string) {
  return { path, content, mode, owner: ownerOf(file), group: groupOf(file) };
}
