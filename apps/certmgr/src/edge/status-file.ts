/** What the daemon knows and nobody sees on disk otherwise: for `certmgr status`. */

import { readFileSync } from 'node:fs';
import type { Paths } from '@easycerts/cluster';
import { z } from 'zod';
import type { PassOutcome, PassSpec } from './pass.ts';
import type { RetryBook } from './retry-book.ts';
import { writeState } from './state-file.ts';

/**
 * `enrolling` now; `waiting` to try again; `refused`: this token is of no use, a new one is needed; `done`: the host has its
 * identity, and the token is gone.
 */
export const enrolmentStates = ['waiting', 'enrolling', 'refused', 'done'] as const;

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
  /** What became of the join token; absent when there was none. joiner shows it. */
  enrolment: z
    .object({
      state: z.enum(enrolmentStates),
      tokenId: z.string().optional(),
      /** How often in a row it has failed. */
      attempts: z.int(),
      code: z.string().optional(),
      message: z.string().optional(),
      reason: z.string().optional(),
      cure: z.string().optional(),
    })
    .optional(),
  specProblems: z.array(z.object({ path: z.string(), message: z.string() })),
});

export type DaemonStatus = Readonly<z.output<typeof schema>>;
export type EnrolmentStatus = NonNullable<DaemonStatus['enrolment']>;

/** What is being tried again: the CA first, then certificates. */
export function failuresOf(retries: RetryBook, specs: readonly PassSpec[]): DaemonStatus['failures'] {
  const keys = [
    { name: '', key: 'ca' as const },
    ...specs.map(({ spec: { name }, digest }) => ({ name, key: { name, digest } })),
  ];
  return keys.flatMap(({ name, key }) => {
    const attempt = retries.get(key);
    if (attempt === undefined) return [];
    const { error, attempts, retryAtMs } = attempt;
    return [{ name, code: error.code, message: error.message, attempts, retryAt: new Date(retryAtMs).toISOString() }];
  });
}

export const noCounters: DaemonStatus['counters'] = { delivered: 0, renewed: 0, bundles: 0, modes: 0, failed: 0 };

const counterOf = {
  nothing: undefined,
  delivered: 'delivered',
  renewed: 'renewed',
  bundle: 'bundles',
  modes: 'modes',
} as const;

/** The counters after an outcome. */
export function counted(counters: DaemonStatus['counters'], outcome: PassOutcome): DaemonStatus['counters'] {
  const counter =
    outcome.kind === 'kept' ? counterOf[outcome.kept.kind] : outcome.kind === 'failed' ? 'failed' : undefined;
  return counter === undefined ? counters : { ...counters, [counter]: counters[counter] + 1 };
}

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
