/** The time of the machine; everything else takes its clock as an argument. */

import type { Clock } from '@easycerts/core';

export const systemClock: Clock = Object.freeze({ now: () => new Date() });
