/** `ca init`: all or nothing, and the next run of one that was killed goes on where that one was. */

import { readFile } from 'node:fs/promises';
import type { ClusterConfig, HostRecord, Paths } from '@easycerts/cluster';
import { decodePem } from '@easycerts/pki';
import { makeFolder, type Users, withFileLock } from '@easycerts/runtime';
import { type Authorities, loadAuthorities } from '../authority-files.ts';
import { caUser } from '../ca-user.ts';
import { commitState } from './commit-state.ts';
import { deliverInitial } from './deliver-initial.ts';
import { readInitState } from './init-plan.ts';
import { makeInitialState, serviceAccountKeyId } from './make-initial-state.ts';

export interface InitOptions {
  readonly config: ClusterConfig;
  readonly host: HostRecord;
  readonly paths: Paths;
  readonly users: Users;
  readonly now: Date;
  /** Hears of each step that is done. */
  readonly onStep?: (step: string) => void;
}

export interface InitResult {
  readonly authorities: Authorities;
  /** Under which Kubernetes names the service-account key in tokens. */
  readonly serviceAccountKeyId: string;
  /** Whether an earlier run had made the CA, and this one only finished it. */
  readonly isResumed: boolean;
}

/**
 * Makes the CA of a cluster. AppError ALREADY_EXISTS when there is one, UNAVAILABLE while another run is at work,
 * FAILED_PRECONDITION when a user is missing; for a full or read-only disk NO_SPACE or FAILED_PRECONDITION, with nothing left.
 */
export async function initializeCa(options: InitOptions): Promise<InitResult> {
  const { paths, users, onStep = () => undefined } = options;
  await makeFolder(paths.state);
  return withFileLock(`${paths.state}/.ca-init.lock`, { waitMs: 0 }, async () => {
    const { kind } = await readInitState(paths);
    if (kind === 'planned') {
      assertUsersExist(users);
      const state = await makeInitialState(options);
      onStep('made keys and certificates');
      await commitState(state, paths, users);
      onStep('committed');
    }
    await makeFolder(paths.secrets);
    await deliverInitial(paths, users, onStep);
    const [verificationKey] = decodePem(await readFile(`${paths.serviceAccountKeys}/sa-verify.pub`, 'utf8'));
    return {
      authorities: await loadAuthorities(paths.ca),
      serviceAccountKeyId: serviceAccountKeyId(verificationKey?.der ?? new Uint8Array()),
      isResumed: kind === 'committed',
    };
  });
}

/** Every owner of what is made, before anything is. */
function assertUsersExist(users: Users): void {
  for (const owner of [caUser, 'easycerts-nats', 'kubernetes']) users.idsOf(owner, owner);
}
