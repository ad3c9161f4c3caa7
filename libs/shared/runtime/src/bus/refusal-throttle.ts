/**
 * How many refusals are told: the first of each kind at once, repetitions as one number at the end of the window. Whoever is
 * refused a million times, or a million times differently, can neither fill the audit stream nor push others out of sight.
 */

import { minuteMs } from '@easycerts/core';
import type { BusRefusal } from './refusal.ts';

export interface RefusalThrottle {
  /** Takes in `count` refusals; what to tell now: this one, or nothing. */
  add(refusal: BusRefusal, count: number): readonly BusRefusal[];
  /** Ends the window; what to tell about what was held back in it. */
  endWindow(): readonly BusRefusal[];
}

export const windowMs = minuteMs;
/** Different refusals told in one window: of one user (or address), and of all together. */
const maxPerUser = 20;
const maxTogether = 200;

export function createRefusalThrottle(): RefusalThrottle {
  let told = new Map<string, Held>();
  let users = new Map<string, UserHeld>();
  let heldOfAll = 0;
  return {
    add: (refusal, count) => {
      const key = JSON.stringify([refusal.kind, refusal.user, refusal.subject, refusal.detail, refusal.peer]);
      const known = told.get(key);
      if (known !== undefined) {
        known.held += count;
        return [];
      }
      const name = userOf(refusal);
      const user = users.get(name) ?? { told: 0, held: 0, first: refusal };
      if (user.told >= maxPerUser) {
        user.held += count;
        return [];
      }
      if (told.size >= maxTogether) {
        heldOfAll += count;
        return [];
      }
      user.told += 1;
      users.set(name, user);
      told.set(key, { refusal, held: count - 1 });
      return [refusal];
    },
    endWindow: () => {
      const repeated = [...told.values()]
        .filter(({ held }) => held > 0)
        .map(({ refusal, held }) => ({ ...refusal, detail: `${refusal.detail}; ${held} more times within a minute` }));
      const various = [...users.values()]
        .filter(({ held }) => held > 0)
        .map(({ first, held }) => ({
          ...first,
          subject: '',
          detail: `${held} more refusals of other kinds within a minute`,
        }));
      const others: BusRefusal[] =
        heldOfAll === 0
          ? []
          : [
              {
                kind: 'connection',
                user: '',
                subject: '',
                peer: '',
                detail: `${heldOfAll} more refusals within a minute`,
              },
            ];
      told = new Map();
      users = new Map();
      heldOfAll = 0;
      return [...repeated, ...various, ...others];
    },
  };
}

interface Held {
  readonly refusal: BusRefusal;
  held: number;
}

interface UserHeld {
  readonly first: BusRefusal;
  told: number;
  held: number;
}

function userOf({ user, peer }: BusRefusal): string {
  return user === '' ? `from ${peer}` : user;
}
