/** Runs commands of a host in the developer's cluster, when one runs here and the machine is no host itself. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathsUnder } from '@easycerts/cluster';
import { isForCluster } from '../core/host-command.ts';
import { hostCommands } from '../program.ts';

/**
 * The exit code of the command, when it was run in the sandbox; undefined when it is to be run here. For a cluster without
 * a sandbox, whose files lie below the data directory, EASYCERTS_ROOT is set.
 */
export async function enterCluster(argv: readonly string[]): Promise<number | undefined> {
  const isHost = existsSync(pathsUnder('').clusterFile);
  if (!isForCluster({ argv, env: process.env, hostCommands, isHost })) return undefined;
  const directory = process.env.EASYCERTS_DATA_DIR ?? join(process.cwd(), '.easycerts');
  if (!existsSync(directory)) return undefined;
  const [{ dataDirectoryAt }, { readLiveSandbox }, { execInside }] = await Promise.all([
    import('./data-directory.ts'),
    import('./sandbox-record-file.ts'),
    import('./inside.ts'),
  ]);
  const data = dataDirectoryAt(directory);
  const live = readLiveSandbox(data);
  if (live === undefined) return undefined;
  if (live.cable !== undefined) return execInside(live, ['easycerts', ...argv.slice(2)]);
  process.env.EASYCERTS_ROOT = data.path;
  return undefined;
}
