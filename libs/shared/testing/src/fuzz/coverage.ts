/** Which blocks of our sources have run: V8's own coverage, asked in this process. */

import { Session } from 'node:inspector';

export interface Coverage {
  /** How many blocks ran for the first time since the last question. */
  take(): number;
  close(): void;
}

interface Report {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }[];
}

/** Begins to count. It slows everything down, so only long runs do it. */
export function openCoverage(): Coverage {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const seen = new Set<string>();
  const take = (): number => {
    let found = 0;
    session.post('Profiler.takePreciseCoverage', (error, report) => {
      if (error !== null) throw error;
      for (const block of blocksOf(report as Report)) {
        if (seen.has(block)) continue;
        seen.add(block);
        found += 1;
      }
    });
    return found;
  };
  return { take, close: () => session.disconnect() };
}

/** Blocks of ours that ran; how often counts too, by its power of two. */
function* blocksOf({ result }: Report): Iterable<string> {
  for (const { url, functions } of result) {
    if (!/\/(libs|apps)\//.test(url) || url.includes('/node_modules/') || url.includes('/testing/src/')) continue;
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) {
        if (count > 0) yield `${url}:${startOffset}-${endOffset}:${Math.min(3, Math.floor(Math.log2(count) / 4))}`;
      }
    }
  }
}
