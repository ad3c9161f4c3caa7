/** The phases of `joiner join`, in their order. */

import { certificates } from './certificates.ts';
import { components } from './components.ts';
import { receiveConfiguration } from './configuration.ts';
import { enrol } from './enrol.ts';
import { installToken } from './install-token.ts';
import type { JoinPhase } from './join-context.ts';
import { preflight } from './preflight.ts';
import { readToken } from './read-token.ts';
import { ready } from './ready.ts';
import { startNodeServices } from './start-services.ts';

export const joinPhases: readonly JoinPhase[] = [
  readToken,
  preflight,
  installToken,
  startNodeServices,
  enrol,
  receiveConfiguration,
  certificates,
  components,
  ready,
];
