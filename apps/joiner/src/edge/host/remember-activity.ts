/** Asks systemd how our services are doing once a second rather than at every look: each time is a process of its own. */

import { secondMs } from '@easycerts/core';
import type { UnitControl } from './unit-control.ts';

type Activity = ReturnType<UnitControl['activityOf']>;

/** A service that fails goes on failing; whoever waits for it learns of it so much later at most. */
const trustMs = secondMs;

/** The same, but what it says of units is remembered for a moment, until something is done to any unit. */
export function rememberActivity(control: UnitControl, nowMs: () => number = () => performance.now()): UnitControl {
  const known = new Map<string, { readonly activity: Activity; readonly untilMs: number }>();
  const forgetting =
    <Args extends readonly unknown[]>(act: (...args: Args) => Promise<void>) =>
    async (...args: Args): Promise<void> => {
      known.clear();
      // what was asked meanwhile may be either
      await act(...args).finally(() => known.clear());
    };
  return {
    activityOf(units) {
      const key = units.join(' ');
      const remembered = known.get(key);
      if (remembered !== undefined && nowMs() < remembered.untilMs) return remembered.activity;
      const activity = control.activityOf(units);
      known.set(key, { activity, untilMs: nowMs() + trustMs });
      activity.catch(() => known.delete(key));
      return activity;
    },
    enable: forgetting(control.enable),
    start: forgetting(control.start),
    startSoon: forgetting(control.startSoon),
    restart: forgetting(control.restart),
    stop: forgetting(control.stop),
    disable: forgetting(control.disable),
    reload: forgetting(control.reload),
    lastLines: control.lastLines,
  };
}
