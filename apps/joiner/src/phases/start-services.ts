/** Starts our own services, now and at every boot; everything else they do by themselves. */

import { areUp } from '../core/host-state.ts';
import type { JoinPhase } from './join-context.ts';
import { masterServices, nodeServices } from './join-context.ts';

export const startNodeServices: JoinPhase = {
  name: 'start-services',
  description: 'start certmgr, config-renderer and joiner, now and at every boot',
  cure: 'see `systemctl status easycerts-certmgr easycerts-config-renderer easycerts-joiner`',
  isDone: (state) => state.identity !== undefined && state.tokenId === undefined && areUp(state, nodeServices),
  async run({ actions, look }) {
    // so that it looks at the token now, and nothing that it said of an earlier token counts
    const restart = (await look()).tokenId === undefined ? [] : ['easycerts-certmgr'];
    await actions.startServices(nodeServices, restart);
    return { message: nodeServices.join(', ') };
  },
};

export const startMasterServices: JoinPhase = {
  name: 'start-services',
  description: 'start the bus, the CA, certmgr, config-renderer and joiner, now and at every boot',
  cure: 'see `systemctl status easycerts-nats easycerts-ca easycerts-certmgr easycerts-config-renderer easycerts-joiner`',
  isDone: (state) => areUp(state, masterServices),
  async run({ actions }) {
    await actions.startServices(masterServices, []);
    return { message: masterServices.join(', ') };
  },
};
