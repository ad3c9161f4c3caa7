/** Rendered files in YAML and JSON: always the same text for the same value. */

import type { RenderedFile } from '@easycerts/cluster';
import { stringify } from 'yaml';

/** Stands at the head of every rendered file that can bear a comment. */
export const generatedNotice = '# Written by easycerts config-renderer; changes are overwritten.\n';

export interface FileMeta {
  readonly path: string;
  readonly owner: string;
  readonly group?: string;
  readonly mode: number;
}

/** A file of YAML, keys in the order given, absent values left out. */
export function yamlFile(meta: FileMeta, value: unknown): RenderedFile {
  return textFile(meta, generatedNotice + stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }));
}

/** A file of JSON. */
export function jsonFile(meta: FileMeta, value: unknown): RenderedFile {
  return textFile(meta, `${JSON.stringify(value, null, 2)}\n`);
}

export function textFile(meta: FileMeta, content: string): RenderedFile {
  return { path: meta.path, owner: meta.owner, group: meta.group ?? meta.owner, mode: meta.mode, content };
}
