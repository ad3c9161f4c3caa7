/**
 * Certificates that were signed and are not in place yet, with their keys, and actions that are to follow: on disk before the
 * step they stand for, so that a crash asks the CA for nothing twice and forgets no restart.
 *
 *   signed ──written here──▶ files in place ──action due──▶ done
 */

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type ReissueReason, reissueReasons, systemErrorCode, toAppError } from '@easycerts/core';
import { z } from 'zod';
import { writeState } from '../state-file.ts';

export interface UnfinishedDelivery {
  readonly digest: string;
  readonly reason: ReissueReason;
  readonly previousSerial?: string | undefined;
  readonly certificatePem: string;
  readonly keyPem: string;
}

const schema = z.strictObject({
  digest: z.string(),
  reason: z.enum(reissueReasons),
  previousSerial: z.string().optional(),
  certificatePem: z.string(),
  keyPem: z.string(),
});

export class UnfinishedDeliveries {
  readonly #pending: string;
  readonly #actions: string;
  #names: ReadonlySet<string> | undefined;
  #due: ReadonlySet<string> | undefined;

  /** `folder`: of the state. */
  constructor(folder: string) {
    this.#pending = `${folder}/pending`;
    this.#actions = `${folder}/actions`;
  }

  /** Looks at the disk again. */
  begin(): void {
    this.#names = undefined;
    this.#due = undefined;
  }

  /** Specs with a delivery under way. */
  names(): ReadonlySet<string> {
    this.#names ??= namesIn(this.#pending);
    return this.#names;
  }

  /** Specs whose action has not succeeded since their files changed. */
  actionsDue(): ReadonlySet<string> {
    this.#due ??= namesIn(this.#actions);
    return this.#due;
  }

  load(name: string): UnfinishedDelivery | undefined {
    try {
      return schema.parse(JSON.parse(readFileSync(`${this.#pending}/${name}.json`, 'utf8')));
    } catch {
      return undefined;
    }
  }

  async save(name: string, delivery: UnfinishedDelivery): Promise<void> {
    await writeState(`${this.#pending}/${name}.json`, JSON.stringify(delivery));
    this.#names = undefined;
  }

  /** The files are in place: the key must not lie here any longer. */
  async remove(name: string): Promise<void> {
    await removeFile(`${this.#pending}/${name}.json`);
    this.#names = undefined;
  }

  async actionBecomesDue(name: string): Promise<void> {
    mkdirSync(this.#actions, { recursive: true, mode: 0o700 });
    await writeState(`${this.#actions}/${name}.json`, '{}\n');
    this.#due = undefined;
  }

  async actionIsDone(name: string): Promise<void> {
    await removeFile(`${this.#actions}/${name}.json`);
    this.#due = undefined;
  }
}

async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch((error: unknown) => {
    throw toAppError(error, `remove ${path}`);
  });
}

function namesIn(folder: string): ReadonlySet<string> {
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith('.json') && !file.startsWith('.'));
    return new Set(files.map((file) => file.slice(0, -'.json'.length)));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return new Set();
    throw toAppError(error, `list ${folder}`);
  }
}
