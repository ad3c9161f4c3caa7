/** The option that says which developer's cluster is meant. */

import { join } from 'node:path';
import { Option } from 'commander';
import { type DataDirectory, dataDirectoryAt } from '../edge/data-directory.ts';

export interface DataOption {
  readonly dataDir?: string;
}

/** `--data-dir`. */
export function dataOption(): Option {
  return new Option('--data-dir <dir>', 'folder of the cluster (default: .easycerts here)').env('EASYCERTS_DATA_DIR');
}

/** The data directory that the options name. */
export function dataDirectoryOf({ dataDir }: DataOption): DataDirectory {
  return dataDirectoryAt(dataDir ?? join(process.cwd(), '.easycerts'));
}

/** The option as a user would have to repeat it; '' for the default. */
export function repeatedDataOption({ dataDir }: DataOption): string {
  return dataDir === undefined || process.env.EASYCERTS_DATA_DIR === dataDir ? '' : `--data-dir ${dataDir}`;
}

/** How the user calls us. */
export function callName(): string {
  return process.env.npm_lifecycle_event === undefined ? 'easycerts' : 'npm run easycerts --';
}
