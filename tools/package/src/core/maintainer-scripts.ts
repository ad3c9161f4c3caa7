/** Fills what comes from lists into the scripts of `debian/`. Pure. */

import { posix } from 'node:path';
import { agentReplaces, agentUnit, type Paths, packagedDirectories } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';

export interface ScriptFacts {
  /** File names of our units. */
  readonly units: readonly string[];
  readonly paths: Paths;
}

/** A script with its lists. Throws INTERNAL for a placeholder that there is not. */
export function fillScript(template: string, { units, paths }: ScriptFacts): string {
  const values: Readonly<Record<string, readonly string[]>> = {
    UNITS: units,
    AGENT: [`${agentUnit}.service`],
    REPLACED: agentReplaces.map((unit) => `${unit}.service`),
    RECEIVED: [paths.receivedHost],
    STATE: [paths.state, paths.secrets, paths.kubernetes, posix.dirname(paths.clusterFile)],
    LOGS: [paths.logs],
    FOLDERS: packagedDirectories(paths)
      .map(({ path }) => path)
      .toReversed(),
  };
  return template.replaceAll(/@([A-Z]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new AppError('INTERNAL', `maintainer script: there is no list ${name}`);
    return value.join(' ');
  });
}
