/** Waits until joiner has brought every component up. */

import { isSettled, unsettledWords } from '../core/host-state.ts';
import type { JoinPhase } from './join-context.ts';

export const components: JoinPhase = {
  name: 'components',
  description: 'wait until every component of this host is healthy',
  cure: 'see `joiner status`, and `journalctl -u <unit>` for what is not healthy',
  onlyLooks: true,
  // it can change at any moment, and asking is cheap
  isDone: () => false,
  async run({ until }) {
    const { units } = await until((state) => (isSettled(state) ? state : unsettledWords(state)));
    return { message: units.filter((unit) => !unit.startsWith('easycerts-')).join(', ') };
  },
};
