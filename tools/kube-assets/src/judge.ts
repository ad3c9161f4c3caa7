/** Whether a program that was found somewhere is used, passed over, or an error. Pure. */

import { isUsable, parseVersion, type VersionRule } from './version.ts';

/** In the order they are searched. */
export type Place = 'bin-dir' | 'cache' | 'path';

export interface Candidate {
  readonly place: Place;
  readonly path: string;
  /** What it said when asked for its version; undefined when it cannot be asked. */
  readonly versionText?: string | undefined;
  readonly isStatic: boolean;
}

export interface Requirement {
  readonly name: string;
  readonly pinned: string;
  readonly usable: VersionRule;
  readonly versionArgs?: readonly string[];
  readonly mustBeStatic?: boolean;
  readonly isOurs?: boolean;
}

export type Verdict =
  | { readonly kind: 'use' }
  | { readonly kind: 'pass-over' }
  | { readonly kind: 'refuse'; readonly reason: 'wrong-version' | 'not-static' };

/**
 * The cache holds only what we built, so it is trusted. A wrong program on PATH belongs to somebody else and is passed
 * over; one in EASYCERTS_BIN_DIR was put there for us, so it is refused aloud.
 */
export function judge(candidate: Candidate, requirement: Requirement): Verdict {
  if (candidate.place === 'cache') return { kind: 'use' };
  if (candidate.place === 'path' && requirement.isOurs === true) return { kind: 'pass-over' };
  const mayAsk = requirement.versionArgs !== undefined;
  const version = candidate.versionText === undefined ? undefined : parseVersion(candidate.versionText);
  if (mayAsk && !isUsable(version, requirement.pinned, requirement.usable)) return no(candidate.place, 'wrong-version');
  if (requirement.mustBeStatic === true && !candidate.isStatic) return no(candidate.place, 'not-static');
  return { kind: 'use' };
}

function no(place: Place, reason: 'wrong-version' | 'not-static'): Verdict {
  return place === 'bin-dir' ? { kind: 'refuse', reason } : { kind: 'pass-over' };
}
