/** What the go.mod files pin: the versions of all programs, and the version of the whole set. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@easycerts/core';
import { type GoBinary, goBinaries } from './binaries.ts';

/** Contents of every pinning file by its path below `go/`, sorted by path. */
export type PinFiles = ReadonlyMap<string, string>;

/** The folder of the Go modules, in this package. */
export const goFolder = fileURLToPath(new URL('../go/', import.meta.url));

/** Reads the go.mod and go.sum of every module, and the source of the program that is ours. */
export async function readPinFiles(
  folder: string = goFolder,
  binaries: readonly GoBinary[] = goBinaries,
): Promise<PinFiles> {
  const modules = [...new Set(binaries.map((binary) => binary.module))];
  const paths = modules.flatMap((module) =>
    module === 'pause' ? ['pause/go.mod', 'pause/main.go'] : [`${module}/go.mod`, `${module}/go.sum`],
  );
  const read = paths.sort().map(async (path) => [path, await readFile(join(folder, path), 'utf8')] as const);
  return new Map(await Promise.all(read));
}

/** The version of a required module in a go.mod, without its `v`; undefined when it is not required. */
export function requiredVersion(goMod: string, module: string): string | undefined {
  for (const line of goMod.split('\n')) {
    const [, path, version] = /^(?:require\s+|\s+)(\S+)\s+v(\S+)/.exec(line) ?? [];
    if (path === module) return version;
  }
  return undefined;
}

/** The pinned version of a program; `0.0.0` for one of our own. */
export function pinnedVersion(binary: GoBinary, files: PinFiles): string {
  if (binary.requires === undefined) return '0.0.0';
  const version = requiredVersion(files.get(`${binary.module}/go.mod`) ?? '', binary.requires);
  if (version === undefined)
    throw new AppError('INTERNAL', `go/${binary.module}/go.mod: ${binary.requires} is missing`);
  return version;
}

/** The lowest Go that a go.mod asks for, e.g. `1.26.0`. */
export function requiredGo(files: PinFiles): string {
  const found = [...files.values()].map((text) => /^go (\S+)$/m.exec(text)?.[1]).filter((one) => one !== undefined);
  return found.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? '1.26.0';
}

/**
 * Name of the whole set: Kubernetes' version and 8 hexadecimal digits over everything that decides what is built. It is
 * a folder name and an image tag.
 */
export function assetsVersion(files: PinFiles): string {
  const recipe = goBinaries.map((binary) => {
    const version = pinnedVersion(binary, files);
    return [binary.name, binary.package, binary.stamp(version), binary.stub ?? null];
  });
  const digest = createHash('sha256')
    .update(JSON.stringify([...files, recipe]))
    .digest('hex');
  const kubernetes = requiredVersion(files.get('kubernetes/go.mod') ?? '', 'k8s.io/kubernetes') ?? '0.0.0';
  return `${kubernetes}-${digest.slice(0, 8)}`;
}
