/** The folders in which files change while a host joins or leaves: what read-host-state.ts looks at. */

import { dirname } from 'node:path';
import type { Paths } from '@easycerts/cluster';

/** Some come only with the first file; then their parents, which are among them, change. */
export function stateFolders(paths: Paths): readonly string[] {
  const { appliedConfig, certificateSpecs, certmgrState, clusterFile, componentSpecs, hostIdentity } = paths;
  const { joinToken, joinerState, receivedConfig } = paths;
  const files = [appliedConfig, clusterFile, hostIdentity, joinToken, receivedConfig];
  return [
    ...new Set([...files.map((file) => dirname(file)), certificateSpecs, certmgrState, componentSpecs, joinerState]),
  ];
}
