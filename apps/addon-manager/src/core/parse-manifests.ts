/** The text of a manifest file → the objects in it and everything that is wrong with it. One bad document harms no other. */

import { parseAllDocuments } from 'yaml';
import type { AddonMode } from './addon-mode.ts';
import { modeOf } from './addon-mode.ts';
import type { KubeObject } from './kube-object.ts';

export interface ManifestSource {
  /** Path below the addon directory. */
  readonly file: string;
  /** Which document of the file, from 1. */
  readonly document: number;
}

export interface Manifest {
  readonly source: ManifestSource;
  /** Name of the addon: the file without its extension. */
  readonly addon: string;
  readonly mode: AddonMode;
  readonly object: KubeObject;
}

/**
 * `damaged`: nobody can say what it meant, so nothing that came from this file may be pruned.
 * `ignored`: an object without a valid mode label, which is left alone.
 */
export interface ManifestProblem {
  readonly kind: 'damaged' | 'ignored';
  readonly addon: string;
  readonly source: ManifestSource;
  readonly message: string;
  readonly cure: string;
  /** The object, when it is an ignored one. */
  readonly object?: KubeObject;
}

export interface ParsedFile {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly ManifestProblem[];
}

/** The name of the addon that a file holds: `dns/coredns` of `dns/coredns.yaml`. */
export function addonNameOf(file: string): string {
  return file.replace(/\.(yaml|yml|json)$/, '');
}

/** Reads YAML (any number of documents) or JSON, `List` objects included. Never throws: what is wrong becomes a problem. */
export function parseManifests(text: string, file: string): ParsedFile {
  const manifests: Manifest[] = [];
  const problems: ManifestProblem[] = [];
  for (const [index, value] of documentsOf(text).entries()) {
    const source = { file, document: index + 1 };
    for (const item of value instanceof Error ? [value] : flattenLists(value)) {
      const read = item instanceof Error ? damaged(source, item.message) : manifestOf(item, source);
      if (read === undefined) continue;
      if ('mode' in read) manifests.push(read);
      else problems.push(read);
    }
  }
  return { manifests, problems };
}

function documentsOf(text: string): readonly (unknown | Error)[] {
  const documents = parseAllDocuments(text, { prettyErrors: true });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) return new Error(error.message.split('\n', 1)[0]?.replace(/:$/, '') ?? 'not YAML');
    try {
      return document.toJS({ maxAliasCount: 100 }) as unknown;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  });
}

function flattenLists(value: unknown): readonly unknown[] {
  if (isRecord(value) && value.kind === 'List' && Array.isArray(value.items)) return value.items.flatMap(flattenLists);
  return [value];
}

function manifestOf(value: unknown, source: ManifestSource): Manifest | ManifestProblem | undefined {
  if (value === null || value === undefined) return undefined;
  const fault = faultOf(value);
  if (fault !== undefined) return damaged(source, fault);
  const object = value as KubeObject;
  const mode = modeOf(object);
  const addon = addonNameOf(source.file);
  if (typeof mode === 'string') return { source, addon, mode, object };
  const message = `${placeOf(source)}: ${object.kind} ${object.metadata.name} ${mode.detail}`;
  const cure = 'give it the label addonmanager.kubernetes.io/mode: Reconcile or EnsureExists';
  return { kind: 'ignored', addon, source, message, cure, object };
}

/** What keeps a value from being an object that can be applied. */
function faultOf(value: unknown): string | undefined {
  if (!isRecord(value)) return 'is not an object';
  if (!isFilled(value.apiVersion)) return 'has no apiVersion';
  if (!/^([a-z0-9.-]+\/)?[a-z0-9]+$/.test(value.apiVersion)) return 'has an apiVersion that cannot be one';
  if (!isFilled(value.kind) || !/^[A-Za-z0-9]+$/.test(value.kind)) return 'has no valid kind';
  const metadata = value.metadata;
  if (!isRecord(metadata)) return 'has no metadata';
  if (!isFilled(metadata.name)) return 'has no metadata.name (generateName cannot be reconciled)';
  if (!isPathSegment(metadata.name)) return 'has a metadata.name that cannot be one';
  const namespace = metadata.namespace;
  if (namespace !== undefined && !(isFilled(namespace) && isPathSegment(namespace)))
    return 'has a metadata.namespace that cannot be one';
  for (const map of ['labels', 'annotations']) {
    if (metadata[map] !== undefined && !isStringMap(metadata[map]))
      return `has metadata.${map} that are not all text (quote them)`;
  }
  return undefined;
}

function damaged(source: ManifestSource, message: string): ManifestProblem {
  const cure = 'mend the file; what was applied from it stays as it is until then';
  return { kind: 'damaged', addon: addonNameOf(source.file), source, message: `${placeOf(source)}: ${message}`, cure };
}

/** Where a manifest stands, in words. */
export function placeOf(source: ManifestSource): string {
  return `${source.file} document ${source.document}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** As apimachinery's IsValidPathSegmentName: what would change the path of a request is no name. */
function isPathSegment(name: string): boolean {
  return name !== '.' && name !== '..' && !/[/%?#]/.test(name) && name.length <= 253;
}

function isStringMap(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((item) => typeof item === 'string');
}
