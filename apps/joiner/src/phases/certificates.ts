/** Waits until every certificate of this host is on disk. */

import { failingWords, type HostState, isSettled } from '../core/host-state.ts';
import type { JoinPhase } from './join-context.ts';

export const certificates: JoinPhase = {
  name: 'certificates',
  description: 'get every certificate of this host from the CA',
  cure: 'see `certmgr status` and `journalctl -u "easycerts-*"`',
  isDone: isSettled,
  async run({ until }) {
    const { names } = await until(({ certificates: progress, services }) => {
      if (progress.names.length > 0 && progress.missing.length === 0) return progress;
      return failingWords({ services }, 'easycerts-certmgr') ?? waitingFor(progress);
    });
    return { message: `all ${names.length}` };
  },
};

function waitingFor({ failures, missing, names, problems }: HostState['certificates']): string {
  if (names.length === 0) return 'config-renderer to say which';
  const [problem] = problems;
  if (problem !== undefined) return `a certificate spec to be mended: ${problem.path}: ${problem.message}`;
  const failure = failures.find(({ name }) => name === '' || missing.includes(name));
  const why = failure === undefined ? '' : `: ${failure.message}`;
  return `${missing.join(', ')} (${names.length - missing.length} of ${names.length} are there)${why}`;
}
