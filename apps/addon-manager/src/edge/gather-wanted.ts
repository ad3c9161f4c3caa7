/** Reads the manifests of a directory and finds out how the API server serves their kinds. */

import { isAppError } from '@easycerts/core';
import type { AddonSetName } from '../core/addon-mode.ts';
import type { KubeObject, ResourceKind } from '../core/kube-object.ts';
import type { ManifestProblem } from '../core/parse-manifests.ts';
import { parseManifests } from '../core/parse-manifests.ts';
import type { PruneFacts } from '../core/plan-prune.ts';
import type { WantedSet } from '../core/wanted-object.ts';
import { possibleKeysOf, resolveWanted } from '../core/wanted-object.ts';
import type { KubeAccess } from './kube-access.ts';
import { readManifestFiles } from './read-manifest-files.ts';

export interface Gathered extends Pick<PruneFacts, 'wanted' | 'released' | 'damagedFiles'> {
  readonly objects: WantedSet['objects'];
  readonly unserved: WantedSet['unserved'];
  readonly problems: readonly ManifestProblem[];
}

/** Throws AppError when the directory cannot be read or the API server cannot be asked. */
export async function gatherWanted(directory: string, access: KubeAccess, set: AddonSetName): Promise<Gathered> {
  const { files, problems: unreadable } = await readManifestFiles(directory);
  const parsed = files.map(({ file, text }) => parseManifests(text, file));
  const manifests = parsed.flatMap((file) => file.manifests);
  const kinds = new Map<string, ResourceKind | undefined>();
  for (const { object } of manifests) kinds.set(kindKey(object), await kindOrUndefined(object, access));
  const resolved = resolveWanted(manifests, (object) => kinds.get(kindKey(object)), set);
  const problems = [...unreadable, ...parsed.flatMap((file) => file.problems), ...resolved.problems];
  const { objects, unserved } = resolved;
  return { objects, unserved, problems, ...keysOf(resolved, problems) };
}

async function kindOrUndefined(object: KubeObject, access: KubeAccess): Promise<ResourceKind | undefined> {
  try {
    return await access.kindOf(object.apiVersion, object.kind);
  } catch (error) {
    // The server behind an aggregated API group is down: only the objects of that group have to wait.
    if (isAppError(error, 'UNAVAILABLE') && error.details.reason === 'overloaded') return undefined;
    throw error;
  }
}

function keysOf(resolved: WantedSet, problems: readonly ManifestProblem[]) {
  const keysInMode = (mode: string): string[] =>
    resolved.objects.filter(({ manifest }) => manifest.mode === mode).map(({ key }) => key);
  const ignored = problems.flatMap(({ object }) => (object === undefined ? [] : possibleKeysOf(object)));
  return {
    wanted: new Set([...keysInMode('Reconcile'), ...resolved.unserved.flatMap(({ possibleKeys }) => possibleKeys)]),
    released: new Set([...keysInMode('EnsureExists'), ...ignored]),
    damagedFiles: new Set(problems.filter(({ kind }) => kind === 'damaged').map(({ source }) => source.file)),
  };
}

function kindKey({ apiVersion, kind }: KubeObject): string {
  return `${apiVersion} ${kind}`;
}
