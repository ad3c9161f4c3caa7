/** What `easycerts up` shows while a cluster starts: one line a thing, and what changed since the last look. */

export type ProgressState = 'waiting' | 'working' | 'done' | 'failed';

export interface ProgressLine {
  /** Unique, in the order in which things come up. */
  readonly name: string;
  readonly state: ProgressState;
  readonly detail?: string;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
}

/** The lines whose state is another than before; waiting ones are not news. */
export function changedLines(before: readonly ProgressLine[], after: readonly ProgressLine[]): readonly ProgressLine[] {
  const known = new Map(before.map((line) => [line.name, line]));
  return after.filter(({ name, state }) => state !== 'waiting' && known.get(name)?.state !== state);
}

/** Whether everything is done. */
export function isComplete(lines: readonly ProgressLine[]): boolean {
  return lines.length > 0 && lines.every(({ state }) => state === 'done');
}

/** How long a line took, or has been taking. */
export function durationOf({ endedAtMs, startedAtMs }: ProgressLine, nowMs: number): number | undefined {
  return startedAtMs === undefined ? undefined : Math.max(0, (endedAtMs ?? nowMs) - startedAtMs);
}

/** What stands in the way: failed lines first, else those at work, else those that wait. */
export function unfinishedLines(lines: readonly ProgressLine[]): readonly ProgressLine[] {
  for (const state of ['failed', 'working', 'waiting'] as const) {
    const found = lines.filter((line) => line.state === state);
    if (found.length > 0) return found;
  }
  return [];
}
