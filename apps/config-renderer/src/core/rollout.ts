/**
 * What the nodes are given now. All of it follows from what stands on the bus, so whoever decides may be killed at any time.
 *
 *   no document ──▶ given at once (a host that has joined)
 *   SETTLED ──its document is outdated, and it is its turn──▶ CHANGING ──reports that it is configured──▶ SETTLED
 *                                                               ├──reports a failed component──▶ FAILED ──configured──▶ SETTLED
 *                                                               └──says nothing for too long──▶ AWAY ──configured──▶ SETTLED
 *
 * While one host is CHANGING or FAILED, no other gets a changed document; it itself gets a newer one at once. Those that were
 * AWAY come last: waiting for them must not keep the others waiting.
 */

/** A host that has joined, and the document that it should have. */
export interface RolloutHost {
  readonly host: string;
  /** Digest of the document that follows from its record and the configuration. */
  readonly wanted: string;
  /** What stands on the bus for it. */
  readonly document?: WrittenDocument;
  /** The last thing that it has said of itself since that was written. */
  readonly report?: HostReport;
}

export interface WrittenDocument {
  readonly digest: string;
  readonly revision: number;
  readonly writtenAtMs: number;
  /** The rollout that brought it, by the time at which it began; absent: it is the host's first. */
  readonly rollout?: string;
}

export type HostReport = { readonly kind: 'configured' } | { readonly kind: 'failed'; readonly message: string };

export interface RolloutFacts {
  readonly hosts: readonly RolloutHost[];
  readonly now: Date;
  readonly awayAfterMs: number;
  /** Ids of the events that have been told of rollouts. */
  readonly told: ReadonlySet<string>;
}

/** What is to be told, with what makes it one fact (see `Fact`). */
export type RolloutNews =
  | {
      readonly type: 'rollout.started';
      readonly subject: string;
      readonly key: string;
      readonly hosts: readonly string[];
    }
  | {
      readonly type: 'rollout.paused';
      readonly subject: string;
      readonly key: string;
      readonly digest: string;
      readonly message: string;
    }
  | {
      readonly type: 'rollout.finished';
      readonly subject: string;
      readonly key: string;
      readonly hosts: readonly string[];
      readonly away: readonly string[];
      readonly durationMs: number;
    };

export interface RolloutDecision {
  /** Hosts that get their first document. */
  readonly first: readonly string[];
  /** The host that gets a changed document. */
  readonly next?: { readonly host: string; readonly revision: number; readonly rollout: string };
  readonly news: readonly RolloutNews[];
  /** When a host that says nothing counts as away. */
  readonly lookAgainAtMs?: number;
}

type State = 'settled' | 'changing' | 'failed' | 'away';

interface Known extends RolloutHost {
  readonly document: WrittenDocument;
  readonly state: State;
  readonly isOutdated: boolean;
}

/** A rollout that began longer ago is over, whatever has become of it: the bus keeps events no longer. */
const longestRolloutMs = 30 * 24 * 3_600_000;

/** Decides. Pure. */
export function decideRollout(facts: RolloutFacts): RolloutDecision {
  const hosts = [...facts.hosts].sort(byName);
  const known = hosts.flatMap((host) => knownOf(host, facts));
  const first = hosts.filter(({ document }) => document === undefined).map(({ host }) => host);
  const current = currentRollout(known, facts);
  const next = nextHost(known);
  const deadlines = known
    .filter(({ isOutdated, state }) => !isOutdated && state === 'changing')
    .map(({ document }) => document.writtenAtMs + facts.awayAfterMs);
  return {
    first,
    ...(next === undefined
      ? {}
      : {
          next: {
            host: next.host,
            revision: next.document.revision,
            rollout: current ?? facts.now.toISOString(),
          },
        }),
    news: current === undefined ? [] : newsOf(current, known, facts).filter((news) => !facts.told.has(newsId(news))),
    ...(deadlines.length === 0 ? {} : { lookAgainAtMs: Math.min(...deadlines) }),
  };
}

/** The id of its event. */
export function newsId({ key, subject, type }: Pick<RolloutNews, 'type' | 'subject' | 'key'>): string {
  return `${type}:${subject}:${key}`;
}

function knownOf(host: RolloutHost, facts: RolloutFacts): readonly Known[] {
  const { document, wanted } = host;
  if (document === undefined) return [];
  return [{ ...host, document, state: stateOf(document, host.report, facts), isOutdated: document.digest !== wanted }];
}

function stateOf(document: WrittenDocument, report: HostReport | undefined, facts: RolloutFacts): State {
  // A host that is joining is not there yet to be disturbed.
  if (document.rollout === undefined || report?.kind === 'configured') return 'settled';
  // What has been away when its rollout ended must not hold up another one.
  const isOver = !isUnderWay(document, facts.told);
  if (report?.kind === 'failed') return isOver ? 'settled' : 'failed';
  return facts.now.getTime() < document.writtenAtMs + facts.awayAfterMs && !isOver ? 'changing' : 'away';
}

/** Whether a document belongs to a rollout whose end has not been told. */
export function isUnderWay({ rollout }: WrittenDocument, told: ReadonlySet<string>): boolean {
  return rollout !== undefined && rollout > (lastFinished(told) ?? '');
}

function lastFinished(told: ReadonlySet<string>): string | undefined {
  const prefix = newsId({ type: 'rollout.finished', subject: 'cluster', key: '' });
  const ends = [...told].filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length));
  return ends.sort().at(-1);
}

/** The rollout that is under way: the newest of those that brought what is wanted now, unless its end has been told. */
function currentRollout(known: readonly Known[], { now, told }: RolloutFacts): string | undefined {
  const newest = known
    .filter(({ document, isOutdated }) => !isOutdated && isUnderWay(document, told))
    .map(({ document }) => document.rollout ?? '')
    .sort()
    .at(-1);
  return newest !== undefined && now.getTime() - Date.parse(newest) <= longestRolloutMs ? newest : undefined;
}

function nextHost(known: readonly Known[]): Known | undefined {
  if (known.some(({ isOutdated, state }) => !isOutdated && isInTheWay(state))) return undefined;
  return known
    .filter(({ isOutdated }) => isOutdated)
    .sort((one, other) => rankOf(one) - rankOf(other) || byName(one, other))[0];
}

function isInTheWay(state: State): boolean {
  return state === 'changing' || state === 'failed';
}

function rankOf({ state }: Known): number {
  if (isInTheWay(state)) return 0;
  return state === 'away' ? 2 : 1;
}

function newsOf(rollout: string, known: readonly Known[], { now }: RolloutFacts): readonly RolloutNews[] {
  const part = known.filter(({ document, isOutdated }) => isOutdated || document.rollout === rollout);
  const common = { subject: 'cluster', key: rollout };
  const news: RolloutNews[] = [{ type: 'rollout.started', ...common, hosts: part.map(({ host }) => host) }];
  const present = part.filter(({ isOutdated }) => !isOutdated);
  for (const { document, host, report } of present) {
    if (report?.kind !== 'failed') continue;
    const key = `${rollout}/${document.revision}`;
    news.push({ type: 'rollout.paused', subject: host, key, digest: document.digest, message: report.message });
  }
  if (part.length > present.length || present.some(({ state }) => isInTheWay(state))) return news;
  const named = (state: State): readonly string[] =>
    present.filter((host) => host.state === state).map(({ host }) => host);
  const durationMs = Math.max(0, now.getTime() - Date.parse(rollout));
  return [...news, { type: 'rollout.finished', ...common, hosts: named('settled'), away: named('away'), durationMs }];
}

function byName(one: { readonly host: string }, other: { readonly host: string }): number {
  return one.host < other.host ? -1 : one.host > other.host ? 1 : 0;
}
