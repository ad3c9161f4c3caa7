/** The plans of this host, without the CA: what `check` and `status` show. */

import { AppError } from '@easycerts/core';
import { type CommandContext, createLogger, loadUsers, nullPublisher, systemClock } from '@easycerts/runtime';
import type { CertificatePlan } from '../core/plan.ts';
import { assemble, directoriesOf } from '../edge/assemble.ts';
import type { Authority } from '../edge/authority.ts';
import type { SpecProblem } from '../edge/spec-files.ts';

export interface HostPlans {
  readonly plans: readonly CertificatePlan[];
  readonly problems: readonly SpecProblem[];
}

/** Plans every certificate with what is on disk; changes nothing. */
export async function readHostPlans(command: CommandContext): Promise<HostPlans> {
  const logger = createLogger({ service: 'certmgr', level: command.logLevel });
  const context = { clock: systemClock, logger, random: Math.random, events: nullPublisher };
  const options = { host: '', paths: command.paths, users: loadUsers(), ca: noAuthority };
  const { specFiles, observer, keeper } = assemble(context, options, command.signal);
  const { specs, problems } = specFiles.load();
  observer.begin(directoriesOf(specs));
  const plans: CertificatePlan[] = [];
  for (const loaded of specs) plans.push(await keeper.plan(loaded));
  return { plans, problems };
}

/** AppError PERMISSION_DENIED when some could not be looked at, for a command to end with once it has shown the plans. */
export function assertSeen(plans: readonly CertificatePlan[], isRoot = process.geteuid?.() === 0): void {
  const unseen = plans.filter(({ state }) => state === 'error');
  if (unseen.length === 0) return;
  const cure = isRoot
    ? 'mend what the list says of them'
    : 'run it as root: only root may look at the keys of every service';
  const which = unseen.length === plans.length ? 'the certificates' : unseen.map(({ name }) => name).join(', ');
  throw new AppError('PERMISSION_DENIED', `look at ${which}: not possible`, { details: { cure } });
}

const refuse = (): Promise<never> => Promise.reject(new AppError('INTERNAL', 'a plan asks nothing of the CA'));
const noAuthority: Authority = { sign: refuse, getTrustBundle: refuse };
