/** Runs test files with node's runner, and ends a run that hangs. */

import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

export interface RunOptions {
  readonly files: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: NodeJS.WritableStream;
  readonly namePatterns?: readonly string[];
  /** After this long without any news the run is ended: node itself waits for ever for a file that does not end. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** Integration tests mostly wait: two at once also on a small machine, so that one does not hold up the others. */
const concurrency = Math.max(2, availableParallelism());

/** Runs each file in a process of its own and prints as `node --test` does. Resolves with whether all went well. */
export async function runFiles(options: RunOptions): Promise<boolean> {
  const running = new Set<string>();
  const hanging = new AbortController();
  let hasPassed = false;
  const giveUp = (): void => {
    const files = [...running].join(', ');
    options.out.write(`\nno news for ${options.silenceMs / 1000} s, so the run is ended; not finished: ${files}\n`);
    hanging.abort();
  };
  let silence = setTimeout(giveUp, options.silenceMs);
  const news = (): void => {
    clearTimeout(silence);
    silence = setTimeout(giveUp, options.silenceMs);
  };
  const events = run({
    files: options.files.map((file) => join(options.cwd, file)),
    cwd: options.cwd,
    env: { ...options.env },
    concurrency,
    isolation: 'process',
    signal: AbortSignal.any([options.signal, hanging.signal]),
    ...(options.namePatterns === undefined ? {} : { testNamePatterns: [...options.namePatterns] }),
  });
  // The runner's own tests, one a file, have the path as their name.
  events.on('test:dequeue', ({ name, file }) => name === file && running.add(relative(options.cwd, file)));
  events.on('test:complete', ({ name, file }) => name === file && running.delete(relative(options.cwd, file)));
  events.on('test:complete', news);
  events.on('test:summary', ({ file, success }) => {
    if (file === undefined) hasPassed = success;
  });
  try {
    for await (const text of events.compose(spec())) options.out.write(text);
  } finally {
    clearTimeout(silence);
  }
  return hasPassed && !hanging.signal.aborted && !options.signal.aborted;
}
