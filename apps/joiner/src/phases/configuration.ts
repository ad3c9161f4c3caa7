/** The files of this host: on a node as the master says, on a master out of its cluster.yaml. */

import { failingWords, isSettled } from '../core/host-state.ts';
import type { JoinPhase } from './join-context.ts';
import { assertNoErrors, withIgnored } from './preflight.ts';

export const receiveConfiguration: JoinPhase = {
  name: 'configuration',
  description: 'make the files of this host out of what the master says',
  cure: 'see `journalctl -u easycerts-agent`',
  // while components are coming up, missing programs have to be told
  isDone: isSettled,
  async run({ actions, ignoredChecks, until }) {
    const { digest } = await until(({ appliedDigest, receivedDigest, services }) => {
      if (receivedDigest === undefined) return 'the configuration from the master';
      if (appliedDigest === receivedDigest) return { digest: receivedDigest };
      return failingWords({ services }, 'easycerts-config-renderer') ?? 'config-renderer to apply the configuration';
    });
    // only now is it known where the programs are to be
    const findings = withIgnored(await actions.checkPrograms(), ignoredChecks);
    assertNoErrors(findings, 'programs are missing on this host');
    return { message: `configuration ${digest.slice(0, 8)}`, findings };
  },
};

export const applyConfiguration: JoinPhase = {
  name: 'configuration',
  description: 'make the files of this host out of cluster.yaml',
  cure: 'see `config-renderer render`',
  // applying again changes nothing, and cluster.yaml may have changed
  isDone: () => false,
  async run({ actions }) {
    const written = await actions.applyConfiguration();
    return { message: written.length === 0 ? 'nothing has changed' : `${written.length} files written` };
  },
};
