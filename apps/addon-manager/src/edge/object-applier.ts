/** Applies the objects of a set, remembering what is right and what failed, so that a pass over unchanged objects only looks. */

import { createHash } from 'node:crypto';
import { AppError, secondMs, toAppError } from '@easycerts/core';
import type { ServiceContext } from '@easycerts/runtime';
import type { AddonSetName } from '../core/addon-mode.ts';
import { isConnectionFailure } from '../core/api-failure.ts';
import type { SeenObject } from '../core/decide-object.ts';
import type { ObjectReference } from '../core/kube-object.ts';
import type { Manifest } from '../core/parse-manifests.ts';
import type { ObjectResult } from '../core/pass-report.ts';
import { createRetryBook } from '../core/retry-book.ts';
import type { UnservedManifest, WantedObject } from '../core/wanted-object.ts';
import { applyObject } from './apply-object.ts';
import type { KubeAccess } from './kube-access.ts';

export interface Attempt {
  readonly result: ObjectResult;
  /** When it has to be looked at again before the next interval. */
  readonly dueAtMs?: number;
}

export interface ObjectApplier {
  /** Throws only when the connection is lost. */
  apply(wanted: WantedObject, dryRun: boolean): Promise<Attempt>;
  reportUnserved(unserved: UnservedManifest): Attempt;
  /** Forgets the objects that are no longer wanted. */
  keepOnly(keys: ReadonlySet<string>): void;
  retryAll(): void;
}

/** An object that is being deleted is looked at again after this time. */
const deletionPollMs = secondMs;

export interface ObjectApplierOptions {
  readonly set: AddonSetName;
  readonly access: KubeAccess;
  readonly trustsContent: boolean;
}

/** An applier that knows nothing yet. */
export function createObjectApplier(
  context: Pick<ServiceContext, 'clock' | 'random'>,
  { set, access, trustsContent }: ObjectApplierOptions,
): ObjectApplier {
  const retries = createRetryBook(context.random);
  const seen = new Map<string, SeenObject>();
  const nowMs = (): number => context.clock.now().getTime();

  const failure = (key: string, manifestHash: string, base: ResultBase, error: AppError): Attempt => {
    const { attempts, dueAtMs } = retries.failed(key, manifestHash, nowMs());
    return { result: { ...base, outcome: 'failed', detail: error.message, error, attempts }, dueAtMs };
  };

  return {
    async apply(wanted, dryRun) {
      const { key } = wanted;
      const manifestHash = hashOf(wanted.desired);
      const base = resultBase(set, wanted.manifest, wanted.reference);
      const waitsUntil = retries.waitsUntil(key, manifestHash, nowMs());
      if (waitsUntil !== undefined)
        return { result: { ...base, outcome: 'waiting', detail: 'failed before' }, dueAtMs: waitsUntil };
      try {
        const applied = await applyObject(access, {
          set,
          wanted,
          manifestHash,
          seen: seen.get(key),
          trustsContent,
          dryRun,
        });
        const { outcome, detail } = applied;
        const resourceVersion = applied.object?.metadata.resourceVersion;
        retries.succeeded(key);
        if (outcome === 'waiting') return { result: { ...base, outcome, detail }, dueAtMs: nowMs() + deletionPollMs };
        if (resourceVersion === undefined) return { result: { ...base, outcome, detail } };
        if (!dryRun) seen.set(key, { manifestHash, resourceVersion });
        return { result: { ...base, outcome, detail, resourceVersion } };
      } catch (thrown) {
        const error = toAppError(thrown, `apply ${wanted.reference.kind} ${wanted.reference.name}`);
        if (isConnectionFailure(error)) throw error;
        return failure(key, manifestHash, base, error);
      }
    },
    reportUnserved({ key, manifest }) {
      const { apiVersion, kind, metadata } = manifest.object;
      const reference = { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name };
      const message = `apply ${kind} ${metadata.name}: the API server serves no kind ${kind} of ${apiVersion}`;
      const cure = 'add its CustomResourceDefinition, or mend apiVersion and kind';
      const error = new AppError('NOT_FOUND', message, { details: { cure, reason: 'not-served' } });
      return failure(key, hashOf(manifest.object), resultBase(set, manifest, reference), error);
    },
    keepOnly(keys) {
      for (const key of seen.keys()) if (!keys.has(key)) seen.delete(key);
      retries.keepOnly(keys);
    },
    retryAll: () => retries.retryAll(),
  };
}

type ResultBase = Pick<ObjectResult, 'set' | 'addon' | 'reference' | 'mode'>;

function resultBase(set: AddonSetName, manifest: Manifest, reference: ObjectReference): ResultBase {
  return { set, addon: manifest.addon, reference, mode: manifest.mode };
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
