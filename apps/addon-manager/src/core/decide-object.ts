/** What has to be done about one object that a manifest wants. */

import type { AddonMode } from './addon-mode.ts';
import type { KubeObject } from './kube-object.ts';

/** What this process knows about an object since it last applied it or found it right. */
export interface SeenObject {
  /** Of the manifest, to notice that it changed. */
  readonly manifestHash: string;
  readonly resourceVersion: string;
}

/** Why an object is applied. */
export type ApplyReason = 'missing' | 'manifest-changed' | 'edited' | 'first-look';

export type ObjectDecision =
  | { readonly kind: 'create' }
  | { readonly kind: 'apply'; readonly reason: ApplyReason }
  | { readonly kind: 'none' }
  /** It is being deleted: it will be made anew once it is gone. */
  | { readonly kind: 'wait' };

export interface ObjectFacts {
  readonly mode: AddonMode;
  readonly desired: KubeObject;
  readonly manifestHash: string;
  readonly live: KubeObject | undefined;
  readonly seen: SeenObject | undefined;
  /** Whether an object that is right needs no first apply (which would make us the manager of its fields). */
  readonly trustsContent: boolean;
}

/** Decides from how the object lives now, what the manifest says, and what was seen last. */
export function decideObject(facts: ObjectFacts): ObjectDecision {
  const { live, mode, seen } = facts;
  if (live === undefined) return mode === 'EnsureExists' ? { kind: 'create' } : { kind: 'apply', reason: 'missing' };
  if (mode === 'EnsureExists') return { kind: 'none' };
  if (live.metadata.deletionTimestamp !== undefined) return { kind: 'wait' };
  if (seen !== undefined && seen.manifestHash !== facts.manifestHash)
    return { kind: 'apply', reason: 'manifest-changed' };
  if (seen !== undefined && seen.resourceVersion === live.metadata.resourceVersion) return { kind: 'none' };
  if (seen === undefined && !facts.trustsContent) return { kind: 'apply', reason: 'first-look' };
  if (covers(live, facts.desired)) return { kind: 'none' };
  return { kind: 'apply', reason: seen === undefined ? 'first-look' : 'edited' };
}

/**
 * Whether everything that `desired` says stands in `live` as well. Lists must be equal in length, so that a false "no" is
 * possible (another manager added an element) and costs an apply that changes nothing; a false "yes" is not.
 */
export function covers(live: unknown, desired: unknown): boolean {
  if (Array.isArray(desired)) {
    return (
      Array.isArray(live) && live.length === desired.length && desired.every((item, index) => covers(live[index], item))
    );
  }
  if (typeof desired !== 'object' || desired === null) return Object.is(live, desired);
  if (typeof live !== 'object' || live === null || Array.isArray(live)) return false;
  const fields: Readonly<Record<string, unknown>> = { ...live };
  return Object.entries(desired).every(([field, value]) => covers(fields[field], value));
}

/** Whether two answers of the API server hold the same object, apart from the bookkeeping of the server (for dry runs). */
export function isSameContent(left: KubeObject, right: KubeObject): boolean {
  const bare = ({ metadata, ...rest }: KubeObject): unknown => {
    const { managedFields, resourceVersion, generation, ...kept } = metadata;
    return { ...rest, metadata: kept };
  };
  return covers(bare(left), bare(right)) && covers(bare(right), bare(left));
}
