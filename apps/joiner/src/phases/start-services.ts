/** Starts our own services, now and at every boot; everything else they do by themselves. */

import { agentReplaces, agentUnit } from '@easycerts/cluster';
import { areUp, type HostState } from '../core/host-state.ts';
import type { JoinPhase } from './join-context.ts';
import { masterServices, nodeServices } from './join-context.ts';

/** What an earlier version of ours has had started at boot. */
function replacedIn({ services }: Pick<HostState, 'services'>): readonly string[] {
  return agentReplaces.filter((unit) => services[unit]?.isEnabled === true);
}

export const startNodeServices: JoinPhase = {
  name: 'start-services',
  description: 'start the agent (certmgr, config-renderer and joiner in one), now and at every boot',
  cure: `see \`systemctl status ${agentUnit}\``,
  isDone: (state) =>
    state.identity !== undefined &&
    state.tokenId === undefined &&
    areUp(state, nodeServices) &&
    replacedIn(state).length === 0,
  async run({ actions, look }) {
    const state = await look();
    // so that it looks at the token now, and nothing that it said of an earlier token counts
    const restart = state.tokenId === undefined ? [] : nodeServices;
    await actions.startServices(nodeServices, { restart, replaced: replacedIn(state) });
    return { message: nodeServices.join(', ') };
  },
};

export const startMasterServices: JoinPhase = {
  name: 'start-services',
  description: 'start the bus, the CA, certmgr, config-renderer and joiner, now and at every boot',
  cure: 'see `systemctl status easycerts-nats easycerts-ca easycerts-certmgr easycerts-config-renderer easycerts-joiner`',
  isDone: (state) => areUp(state, masterServices),
  async run({ actions }) {
    await actions.startServices(masterServices);
    return { message: masterServices.join(', ') };
  },
};
