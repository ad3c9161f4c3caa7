/** What was issued lately, one file a certificate: the breaker's memory, which must outlive a certmgr that is restarted in a loop. */

import { readFileSync, statSync } from 'node:fs';
import type { Paths } from '@easycerts/cluster';
import { z } from 'zod';
import type { CertificateHistory } from '../core/plan.ts';
import type { Reissue } from '../core/schedule.ts';
import { writeState } from './state-file.ts';

/** More than any breaker policy counts. */
const keptReissues = 20;
const noHistory: CertificateHistory = Object.freeze({ reissues: Object.freeze([]) });

const fileSchema = z.object({
  reissues: z.array(z.object({ serial: z.string(), atMs: z.int(), specDigest: z.string() })),
  stoppedFor: z.string().optional(),
});

export class Histories {
  readonly #folder: string;
  readonly #remembered = new Map<string, { readonly version: string; readonly history: CertificateHistory }>();

  constructor(paths: Pick<Paths, 'certmgrState'>) {
    this.#folder = `${paths.certmgrState}/history`;
  }

  /** Never throws: a history that cannot be read is an empty one. */
  get(name: string): CertificateHistory {
    const version = this.#versionOf(name);
    if (version === undefined) return noHistory;
    const remembered = this.#remembered.get(name);
    if (remembered?.version === version) return remembered.history;
    const history = this.#read(name);
    this.#remembered.set(name, { version, history });
    return history;
  }

  /** Counts an issued certificate, once. */
  async add(name: string, reissue: Reissue): Promise<void> {
    const { reissues, ...rest } = this.get(name);
    if (reissues.some(({ serial }) => serial === reissue.serial)) return;
    await this.#write(name, { ...rest, reissues: [...reissues, reissue].slice(-keptReissues) });
  }

  /** Stops reissuing for this spec until the history is forgotten. */
  async stop(name: string, specDigest: string): Promise<void> {
    const history = this.get(name);
    if (history.stoppedFor !== specDigest) await this.#write(name, { ...history, stoppedFor: specDigest });
  }

  /** Starts counting afresh: somebody has forced a new certificate. */
  async forget(name: string): Promise<void> {
    const { reissues, stoppedFor } = this.get(name);
    if (reissues.length > 0 || stoppedFor !== undefined) await this.#write(name, noHistory);
  }

  #versionOf(name: string): string | undefined {
    try {
      const found = statSync(this.#file(name), { throwIfNoEntry: false });
      return found && `${found.ino}:${found.size}:${found.mtimeMs}`;
    } catch {
      return undefined;
    }
  }

  #read(name: string): CertificateHistory {
    try {
      const { reissues, stoppedFor } = fileSchema.parse(JSON.parse(readFileSync(this.#file(name), 'utf8')));
      return { reissues, ...(stoppedFor === undefined ? {} : { stoppedFor }) };
    } catch {
      return noHistory;
    }
  }

  async #write(name: string, history: CertificateHistory): Promise<void> {
    await writeState(this.#file(name), `${JSON.stringify(history)}\n`);
  }

  #file(name: string): string {
    return `${this.#folder}/${name}.json`;
  }
}
