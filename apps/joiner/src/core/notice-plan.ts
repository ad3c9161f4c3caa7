/** Which services that are none of our components have to be told that a certificate of theirs has changed. Pure. */

import { settleMs } from './plan.ts';

/** One certificate and the service that uses it. */
export interface Notice {
  readonly certificate: string;
  /** Of the set. */
  readonly directory: string;
  /** Without the suffix `.service`. */
  readonly unit: string;
  readonly action: 'reload' | 'restart';
}

/** A service and its certificates, as they are. */
export interface ServiceFacts {
  readonly notices: readonly Notice[];
  readonly isActive: boolean;
  readonly startedAtMs: number | undefined;
  /** By certificate: what lies on disk, as hashes. A set that is not there is not in it. */
  readonly observed: Readonly<Record<string, string>>;
  /** By certificate: what the service was told of last; undefined: it was never seen. */
  readonly told: Readonly<Record<string, string>> | undefined;
  /** When what lies on disk last became different, as far as was seen, and by the inodes. */
  readonly changedAtMs: number;
  readonly writtenAtMs: number;
  /** It could not be told, and is not told again before. */
  readonly retryAtMs: number;
}

export type NoticeDecision =
  | { readonly kind: 'nothing' }
  /** It has read what changed, or will when it is started: only remember it. */
  | { readonly kind: 'accept' }
  | { readonly kind: 'later'; readonly atMs: number }
  | { readonly kind: 'tell'; readonly action: 'reload' | 'restart'; readonly certificates: readonly string[] };

/** Decides about one service; several certificates of it cost one action, the stronger one. */
export function decideNotice(facts: ServiceFacts, nowMs: number): NoticeDecision {
  const { isActive, notices, observed, retryAtMs, startedAtMs, told, writtenAtMs } = facts;
  const changed = notices.filter(({ certificate }) => {
    const now = observed[certificate];
    return now !== undefined && now !== told?.[certificate];
  });
  if (changed.length === 0) return { kind: 'nothing' };
  if (!isActive) return { kind: 'accept' };
  // Only where nothing is remembered: clocks are set, and a reload too many harms nobody.
  if (told === undefined && startedAtMs !== undefined && startedAtMs > writtenAtMs) return { kind: 'accept' };
  const atMs = Math.max(facts.changedAtMs + settleMs, retryAtMs);
  if (nowMs < atMs) return { kind: 'later', atMs };
  return {
    kind: 'tell',
    action: changed.some(({ action }) => action === 'restart') ? 'restart' : 'reload',
    certificates: changed.map(({ certificate }) => certificate),
  };
}
