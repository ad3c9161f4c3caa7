/** Shows progress: rewritten in place on a terminal, a line a change elsewhere, JSON for programs. */

import { changedLines, type ProgressLine } from '../../core/progress.ts';
import { plainText, terminalText } from '../../core/progress-text.ts';
import type { Output } from './muted-output.ts';

export interface ProgressView {
  /** Shows how things are now. */
  update(lines: readonly ProgressLine[]): void;
  /** Lines above the progress, which stay. */
  say(text: string): void;
  /** A value for programs. */
  result(value: object): void;
  /** Leaves what is shown as it stands, and shows further changes a line each; also at the end. */
  settle(): void;
}

export interface ViewOptions {
  readonly stream: Output;
  readonly isTerminal: boolean;
  readonly isJson: boolean;
}

const frameMs = 100;

export function createProgressView(options: ViewOptions): ProgressView {
  if (options.isJson) return jsonView(options.stream);
  return options.isTerminal ? terminalView(options.stream) : plainView(options.stream);
}

/** `shown`: what the user has seen already. */
function plainView(stream: Output, shown: readonly ProgressLine[] = []): ProgressView {
  let before = shown;
  return {
    update(lines) {
      for (const line of changedLines(before, lines)) stream.write(`${plainText(line, Date.now())}\n`);
      before = lines;
    },
    say: (text) => stream.write(`${text}\n`),
    result: (value) => stream.write(`${JSON.stringify(value)}\n`),
    settle: () => undefined,
  };
}

function jsonView(stream: Output): ProgressView {
  let shown: readonly ProgressLine[] = [];
  const write = (value: object): void => {
    stream.write(`${JSON.stringify(value)}\n`);
  };
  return {
    update(lines) {
      for (const line of changedLines(shown, lines)) write({ kind: 'progress', ...line });
      shown = lines;
    },
    say: (text) => write({ kind: 'message', text }),
    result: write,
    settle: () => undefined,
  };
}

function terminalView(stream: Output): ProgressView {
  let lines: readonly ProgressLine[] = [];
  let drawn = 0;
  let frame = 0;
  let settled: ProgressView | undefined;
  const erase = (): string => (drawn === 0 ? '' : `\x1b[${drawn}A\x1b[0J`);
  const draw = (before = ''): void => {
    // A list taller than the window could not be rewritten: its end is what matters.
    const room = Math.max(1, (stream.rows ?? 40) - 1);
    const texts = terminalText(lines, { nowMs: Date.now(), frame: frame++, columns: stream.columns ?? 80 }).slice(
      -room,
    );
    stream.write(`${erase()}${before}${texts.map((text) => `${text}\n`).join('')}`);
    drawn = texts.length;
  };
  const timer = setInterval(() => draw(), frameMs);
  const stop = (): void => clearInterval(timer);
  return {
    update(next) {
      lines = next;
      settled?.update(next);
    },
    say(text) {
      if (settled === undefined) draw(`${text}\n`);
      else settled.say(text);
    },
    result: (value) => draw(`${JSON.stringify(value)}\n`),
    settle() {
      if (settled !== undefined) return;
      stop();
      draw();
      drawn = 0;
      settled = plainView(stream, lines);
    },
  };
}
