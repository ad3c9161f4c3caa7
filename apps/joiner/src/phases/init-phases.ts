/** The phases of `joiner init`, in their order. */

import { authorities } from './authorities.ts';
import { certificates } from './certificates.ts';
import { components } from './components.ts';
import { applyConfiguration } from './configuration.ts';
import type { JoinPhase } from './join-context.ts';
import { preflight } from './preflight.ts';
import { ready } from './ready.ts';
import { startMasterServices } from './start-services.ts';

export const initPhases: readonly JoinPhase[] = [
  preflight,
  authorities,
  applyConfiguration,
  startMasterServices,
  certificates,
  components,
  ready,
];
