/** What was rendered last: so that what is over can be removed. */

import { posix } from 'node:path';
import type { Paths, RenderedFile } from '@easycerts/cluster';
import { readOptional } from './read-optional.ts';

/** The manifest of these files, as a file itself. */
export function manifestOf(files: readonly RenderedFile[], paths: Paths): RenderedFile {
  const content = `${JSON.stringify({ files: files.map(({ path }) => path).sort() }, null, 2)}\n`;
  return { path: manifestPath(paths), content, owner: 'root', group: 'root', mode: 0o644 };
}

function manifestPath(paths: Paths): string {
  return `${paths.rendererState}/manifest.json`;
}

/** What was rendered last; nothing when that is not known: then nothing is removed. */
export async function readManifest(paths: Paths): Promise<readonly string[]> {
  const text = await readOptional(manifestPath(paths));
  if (text === undefined) return [];
  try {
    const { files } = JSON.parse(text) as { files?: unknown };
    if (!Array.isArray(files)) return [];
    return files.filter((path): path is string => typeof path === 'string' && isOurs(path, paths));
  } catch {
    return [];
  }
}

/** A damaged manifest must never lead us to remove somebody else's file. */
function isOurs(path: string, paths: Paths): boolean {
  const etc = posix.dirname(paths.clusterFile);
  const ours = [etc, paths.kubernetes, paths.systemdUnits, paths.cniConfig];
  // what people write, and what the master gave
  const theirs = [
    paths.clusterFile,
    paths.nodeFile,
    paths.receivedConfig,
    paths.receivedHost,
    posix.join(etc, 'overlay.yaml'),
  ];
  return (
    posix.normalize(path) === path &&
    ours.some((directory) => path.startsWith(`${directory}/`)) &&
    !theirs.includes(path)
  );
}
