/** Which files of this host may be removed when it leaves: those that config-renderer says it made, where it makes them. */

import { dirname, normalize } from 'node:path/posix';
import type { Paths } from '@easycerts/cluster';

type Places = Pick<Paths, 'clusterFile' | 'cniConfig' | 'kubernetes' | 'nodeFile' | 'systemdUnits'>;

/** The files in the manifest of config-renderer. A damaged manifest never leads to somebody else's file. */
export function removableFiles(manifest: string, paths: Places): readonly string[] {
  const kept = [paths.clusterFile, paths.nodeFile, `${dirname(paths.clusterFile)}/overlay.yaml`];
  const places = [dirname(paths.clusterFile), paths.kubernetes, paths.systemdUnits, paths.cniConfig];
  return filesIn(manifest).filter(
    (path) => normalize(path) === path && places.some((place) => path.startsWith(`${place}/`)) && !kept.includes(path),
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

/** Mount points at or below a folder, the innermost first. */
export function mountsBelow(folder: string, mountPoints: readonly string[]): readonly string[] {
  return mountPoints
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .toSorted((a, b) => b.split('/').length - a.split('/').length);
}
