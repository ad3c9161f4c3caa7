/** What the daemon knows and nobody sees on disk otherwise: for `certmgr status`. */

import { readFileSync } from 'node:fs';
import type { Paths } from '@easycerts/cluster';
import { z } from 'zod';
import { writeState } from './state-file.ts';

const schema = z.object({
  pid: z.int(),
  startedAt: z.iso.datetime(),
  /** Since the daemon started. */
  counters: z.object({
    delivered: z.int(),
    renewed: z.int(),
    bundles: z.int(),
    modes: z.int(),
    failed: z.int(),
  }),
  /** What is being tried again; `name` is '' for the CA itself. */
  failures: z.array(
    z.object({ name: z.string(), code: z.string(), message: z.string(), attempts: z.int(), retryAt: z.iso.datetime() }),
  ),
  specProblems: z.array(z.object({ path: z.string(), message: z.string() })),
});

export type DaemonStatus = Readonly<z.output<typeof schema>>;

/** Writes the status when it is another one than the last. */
export class StatusFile {
  readonly #path: string;
  #written = '';

  constructor(paths: Pick<Paths, 'certmgrState'>) {
    this.#path = `${paths.certmgrState}/status.json`;
  }

  async write(status: DaemonStatus): Promise<void> {
    const content = `${JSON.stringify(status, null, 2)}\n`;
    if (content === this.#written) return;
    await writeState(this.#path, content);
    this.#written = content;
  }

  /** The last status; undefined when there is none, or it makes no sense. */
  read(): DaemonStatus | undefined {
    try {
      return schema.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      return undefined;
    }
  }
}
