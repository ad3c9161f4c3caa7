/** Progress lines as text: for a terminal, where they are rewritten in place, and for everything else. */

import { formatDuration } from '@easycerts/core';
import { durationOf, type ProgressLine, type ProgressState } from './progress.ts';

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const marks: Readonly<Record<Exclude<ProgressState, 'working'>, string>> = { waiting: '·', done: '✓', failed: '✗' };
const words: Readonly<Record<ProgressState, string>> = {
  waiting: 'waiting',
  working: 'starting',
  done: 'ready',
  failed: 'failed',
};

const slowMs = 5_000;

export interface TerminalFacts {
  readonly nowMs: number;
  /** Counts up with every drawing. */
  readonly frame: number;
  readonly columns: number;
}

/** One text a line, none longer than the terminal is wide (a wrapped line could not be rewritten). */
export function terminalText(
  lines: readonly ProgressLine[],
  { nowMs, frame, columns }: TerminalFacts,
): readonly string[] {
  const width = Math.max(0, ...lines.map(({ name }) => name.length));
  return lines.map((line) => {
    const mark = line.state === 'working' ? (spinner[frame % spinner.length] ?? '') : marks[line.state];
    const duration = durationOf(line, nowMs);
    const parts = [mark, line.name.padEnd(width), words[line.state].padEnd(8)];
    if (duration !== undefined) parts.push(formatDuration(duration).padStart(6));
    if (line.detail !== undefined && isWorthTelling(line, duration)) parts.push(oneLine(line.detail));
    return cut(`${parts.join('  ')}`.trimEnd(), columns - 1);
  });
}

/** One change as a line of a log: `ready     kube-apiserver (2.1s)`. */
export function plainText(line: ProgressLine, nowMs: number): string {
  const duration = durationOf(line, nowMs);
  const time = duration === undefined || line.state === 'working' ? '' : ` (${formatDuration(duration)})`;
  const detail = line.detail === undefined || !isWorthTelling(line, duration) ? '' : `: ${oneLine(line.detail)}`;
  return `${words[line.state].padEnd(9)}${line.name}${time}${detail}`;
}

/** That something does not answer yet is no news just after its start. */
function isWorthTelling({ state }: ProgressLine, duration = 0): boolean {
  return state !== 'working' || duration >= slowMs;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function cut(text: string, columns: number): string {
  const characters = [...text];
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}
