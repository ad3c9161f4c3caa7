/** Reads the packages of a workspace from their package.json. */

import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type PackageType, packageTypes, type WorkspacePackage } from './workspace.ts';

/** The packages that the workspace's package.json names, in the order of their folders. */
export async function readPackages(root: string): Promise<readonly WorkspacePackage[]> {
  const workspace = await readManifest(join(root, 'package.json'));
  const patterns = stringsIn(workspace.workspaces).map((pattern) => `${pattern}/package.json`);
  const manifests: string[] = [];
  for await (const path of glob(patterns, { cwd: root, exclude: ['**/node_modules/**'] })) manifests.push(path);
  return Promise.all(manifests.sort().map((path) => readPackage(root, path)));
}

async function readPackage(root: string, path: string): Promise<WorkspacePackage> {
  const manifest = await readManifest(join(root, path));
  const nx = isRecord(manifest.nx) ? manifest.nx : {};
  return {
    name: String(manifest.name),
    folder: dirname(path),
    type: typeOf(stringsIn(nx.tags)),
    dependencies: keysOf(manifest.dependencies),
    devDependencies: keysOf(manifest.devDependencies),
    entries: keysOf(manifest.exports),
  };
}

function typeOf(tags: readonly string[]): PackageType | undefined {
  const types = tags.filter((tag) => tag.startsWith('type:')).map((tag) => tag.slice('type:'.length));
  return types.length === 1 ? packageTypes.find((type) => type === types[0]) : undefined;
}

async function readManifest(path: string): Promise<Readonly<Record<string, unknown>>> {
  const manifest: unknown = JSON.parse(await readFile(path, 'utf8'));
  return isRecord(manifest) ? manifest : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keysOf(value: unknown): readonly string[] {
  return isRecord(value) ? Object.keys(value) : [];
}

function stringsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
