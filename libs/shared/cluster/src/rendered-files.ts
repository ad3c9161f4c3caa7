/** Which files of a host config-renderer has made: those that may be removed when they are over, or when the host leaves. */

import { posix } from 'node:path';
import type { RenderedFile } from './component-spec.ts';
import type { Paths } from './paths.ts';

type Places = Pick<
  Paths,
  'clusterFile' | 'cniConfig' | 'kubernetes' | 'nodeFile' | 'receivedConfig' | 'receivedHost' | 'systemdUnits'
>;

/** Where config-renderer keeps its list of what it has made. */
export function manifestPath({ rendererState }: Pick<Paths, 'rendererState'>): string {
  return `${rendererState}/manifest.json`;
}

/** The list of these files, as a file itself. */
export function manifestOf(
  files: readonly Pick<RenderedFile, 'path'>[],
  paths: Pick<Paths, 'rendererState'>,
): RenderedFile {
  const content = `${JSON.stringify({ files: files.map(({ path }) => path).sort() }, null, 2)}\n`;
  return { path: manifestPath(paths), content, owner: 'root', group: 'root', mode: 0o644 };
}

/**
 * The files of a list, as far as they lie where config-renderer makes files: a damaged list never leads to somebody else's file, and
 * never to what people write or the master has given.
 */
export function renderedFilesIn(manifest: string, paths: Places): readonly string[] {
  const etc = posix.dirname(paths.clusterFile);
  const places = [etc, paths.kubernetes, paths.systemdUnits, paths.cniConfig];
  const { clusterFile, nodeFile, receivedConfig, receivedHost } = paths;
  const kept = [clusterFile, nodeFile, receivedConfig, receivedHost, `${etc}/overlay.yaml`];
  return filesIn(manifest).filter(
    (path) =>
      posix.resolve(path) === path && places.some((place) => path.startsWith(`${place}/`)) && !kept.includes(path),
  );
}

function filesIn(manifest: string): readonly string[] {
  try {
    const { files } = JSON.parse(manifest) as { readonly files?: unknown };
    return Array.isArray(files) ? files.filter((path): path is string => typeof path === 'string') : [];
  } catch {
    return [];
  }
}
