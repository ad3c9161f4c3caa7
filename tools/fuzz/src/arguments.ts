/** What `npm run fuzz` is asked for, and the targets that there are: every file `<target>.fuzz.test.ts`. */

import { glob } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

const suffix = '.fuzz.test.ts';

export interface FuzzArguments {
  /** All when none is named. */
  readonly targets: readonly string[];
  readonly seconds: number;
  readonly seed: string;
}

/** Reads the words of the command line; a text for what is wrong with them. */
export function readArguments(words: readonly string[], today: string): FuzzArguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: today } },
    });
    const seconds = Number(values.seconds);
    if (!(seconds >= 1 && seconds <= 86_400)) return '--seconds is not from 1 to 86400';
    return { targets: positionals, seconds, seed: values.seed };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Target → test file below `root`, sorted by target. */
export async function findTargets(root: string): Promise<ReadonlyMap<string, string>> {
  const files: string[] = [];
  for await (const file of glob(`{libs,apps}/**/*${suffix}`, { cwd: root, exclude: ['**/node_modules/**'] })) {
    files.push(file);
  }
  return new Map(files.map((file) => [basename(file, suffix), file] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}
