/** Which cluster.yaml a start uses, checked whole before anything is made. */

import { writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ClusterConfig, configError, isSingleMachine, parseClusterConfig } from '@easycerts/cluster';
import { loadClusterConfig } from '@easycerts/runtime';
import { defaultClusterConfig } from '../../core/default-config.ts';
import { type DataDirectory, readIfThere } from '../data-directory.ts';

export interface ChosenConfig {
  readonly config: ClusterConfig;
  /** To be written into the data directory; undefined when it is there already. */
  readonly text?: string;
  readonly source: string;
}

/**
 * The file given, else the one in the data directory, else the default. AppError INVALID_CONFIG with every problem, also
 * when the master's address cannot be that of this machine's sandbox.
 */
export async function chooseConfig(data: DataDirectory, givenFile: string | undefined): Promise<ChosenConfig> {
  const source = givenFile ?? data.clusterFile;
  const text = readIfThere(source);
  if (text === undefined && givenFile === undefined) {
    return { config: parseClusterConfig(defaultClusterConfig, source), text: defaultClusterConfig, source };
  }
  const config = await loadClusterConfig(source);
  checkMasterAddress(config, source);
  return { config, source, ...(givenFile === undefined || text === undefined ? {} : { text }) };
}

/** Puts the configuration where the cluster reads it. */
export function installConfig(data: DataDirectory, { text }: ChosenConfig): void {
  if (text !== undefined) writeFileSync(data.clusterFile, text);
}

/** The name of the master, when it is one that leads somewhere else on this machine: inside it leads to the sandbox. */
export function masterNameOf({ masterAddress }: ClusterConfig): string | undefined {
  return isSingleMachine(masterAddress) || isIP(masterAddress) !== 0 ? undefined : masterAddress;
}

function checkMasterAddress({ masterAddress }: ClusterConfig, source: string): void {
  if (isSingleMachine(masterAddress) || isIP(masterAddress) === 0) return;
  throw configError(source, [
    {
      path: 'masterAddress',
      message: `${masterAddress} is not an address of the cluster that \`easycerts up\` makes: use localhost, or a name`,
    },
  ]);
}
