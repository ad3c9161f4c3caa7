/** package.json files, the lock file and each other: all say the same, and npm can verify everything it downloads. */

import { missingPackages } from '@easycerts/generate';
import type { CheckDefinition, CheckInput } from '../check-definition.ts';

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly libc?: string | readonly string[];
  readonly [field: string]: unknown;
}

const dependencyFields = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;

export const lockFile: CheckDefinition = {
  name: 'package.json and package-lock.json agree',
  cure: 'npm install; versions are exact, without ^ and ~',
  run: lockFileProblems,
};

/** Pure: compares the texts of the tree. */
export function lockFileProblems({ tree }: Pick<CheckInput, 'tree'>): readonly string[] {
  const manifests = new Map(
    tree.filter(({ path }) => isManifest(path)).map(({ path, text }) => [folderOf(path), parse(text)]),
  );
  const lock = parse(tree.find(({ path }) => path === 'package-lock.json')?.text ?? '{}');
  const entries = (lock.packages ?? {}) as Readonly<Record<string, Entry>>;
  const own = Object.entries(entries).filter(([path]) => !path.includes('node_modules/'));
  return [
    ...[...manifests].flatMap(([folder, manifest]) => manifestProblems(folder, manifest, entries[folder])),
    ...own
      .filter(([path]) => !manifests.has(path))
      .map(([path]) => `package-lock.json: ${path} is no package any more`),
    ...Object.entries(entries).flatMap(([path, entry]) => downloadProblems(path, entry)),
    ...missingPackages(entries).map(
      ({ name }) => `package-lock.json: no entry for ${name}, so npm ci refuses (npm run generate)`,
    ),
  ];
}

function manifestProblems(
  folder: string,
  manifest: Readonly<Record<string, unknown>>,
  locked: Entry | undefined,
): readonly string[] {
  const where = folder === '' ? 'package.json' : `${folder}/package.json`;
  if (locked === undefined) return [`${where}: is not in package-lock.json`];
  return dependencyFields.flatMap((field) => {
    const wanted = recordOf(manifest[field]);
    const known = recordOf(locked[field]);
    const names = [...new Set([...Object.keys(wanted), ...Object.keys(known)])];
    return [
      ...names
        .filter((name) => wanted[name] !== known[name])
        .map(
          (name) => `${where}: ${name} ${wanted[name] ?? '(gone)'} is ${known[name] ?? 'missing'} in package-lock.json`,
        ),
      ...Object.entries(wanted)
        .filter(([name, version]) => !isExact(name, version))
        .map(([name, version]) => `${where}: ${name} ${version} is not an exact version`),
    ];
  });
}

/** Packages of ours have no version of their own: they are used as they lie in the tree. */
function isExact(name: string, version: string): boolean {
  return name.startsWith('@easycerts/') ? version === '*' : /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version);
}

function downloadProblems(path: string, entry: Entry): readonly string[] {
  const { link, integrity, resolved } = entry;
  if (!path.includes('node_modules/') || link === true || isForAnotherSystem(entry)) return [];
  return [
    ...(integrity?.startsWith('sha512-') ? [] : [`package-lock.json: ${path} has no sha512 integrity`]),
    ...(resolved === undefined
      ? []
      : [`package-lock.json: ${path} names a registry (npm config omit-lockfile-registry-resolved)`]),
  ];
}

/** Never downloaded where we run: Linux with glibc on x64 and arm64. */
function isForAnotherSystem({ optional, os, cpu, libc }: Entry): boolean {
  const isFor = (list: string | readonly string[] | undefined, names: readonly string[]): boolean =>
    list === undefined || names.some((name) => [list].flat().includes(name));
  const isOurs = isFor(os, ['linux']) && isFor(cpu, ['x64', 'arm64']) && isFor(libc, ['glibc']);
  return optional === true && !isOurs;
}

function isManifest(path: string): boolean {
  return path === 'package.json' || /^(libs\/shared|apps|tools)\/[^/]+\/package\.json$/.test(path);
}

function folderOf(path: string): string {
  return path.replace(/\/?package\.json$/, '');
}

function parse(text: string): Readonly<Record<string, unknown>> {
  return recordOfUnknown(JSON.parse(text));
}

function recordOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(recordOfUnknown(value)).map(([key, item]) => [key, String(item)]));
}

function recordOfUnknown(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
