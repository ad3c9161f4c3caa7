/** Puts the parts of an enroller together, for a daemon with or without a configuration and for `certmgr enrol`. */

import { enrolWithToken, type ServiceContext } from '@easycerts/runtime';
import type { CertmgrOptions } from '../config.ts';
import type { Authority } from './authority.ts';
import type { EnrolHostParts } from './enrol-host.ts';
import { Enroller, type EnrollerParts } from './enroller.ts';
import { PendingRequests } from './pending-requests.ts';
import { Reporter } from './reporter.ts';
import { noCounters, StatusFile } from './status-file.ts';

export interface EnrollerOptions extends Pick<CertmgrOptions, 'host' | 'paths' | 'users' | 'enrol'> {
  readonly signal: AbortSignal;
}

/** What enrolling a host needs. */
export function enrolHostParts(context: ServiceContext, options: EnrollerOptions): EnrolHostParts {
  const { host, paths, users, enrol, signal } = options;
  return {
    host,
    paths,
    users,
    signal,
    clock: context.clock,
    pending: new PendingRequests(paths),
    reporter: new Reporter(context, host),
    enrol: enrol ?? enrolWithToken,
  };
}

/** An enroller; with the CA that this host belongs to, if it is known. */
export function makeEnroller(
  context: ServiceContext,
  options: EnrollerOptions & { readonly ca?: Authority; readonly onStatus: EnrollerParts['onStatus'] },
): Enroller {
  const { ca, onStatus, signal } = options;
  const tryIdentity = async (): Promise<void> => void (await ca?.getTrustBundle({ authorities: [] }, { signal }));
  const previousStatus = new StatusFile(options.paths).read()?.enrolment;
  return new Enroller({ ...enrolHostParts(context, options), context, tryIdentity, onStatus, previousStatus });
}

/** An enroller on a host without a configuration: there is no CA to ask, and nobody else writes the status. */
export function makeWaitingEnroller(context: ServiceContext, options: EnrollerOptions): Enroller {
  const statusFile = new StatusFile(options.paths);
  const startedAt = context.clock.now().toISOString();
  const empty = { pid: process.pid, startedAt, counters: noCounters, failures: [], specProblems: [] };
  return makeEnroller(context, { ...options, onStatus: (enrolment) => statusFile.write({ ...empty, enrolment }) });
}
