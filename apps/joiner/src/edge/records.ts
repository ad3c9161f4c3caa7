/**
 * What joiner remembers of each component across its own ends: what it was started with, and what is on trial. Written whole
 * or not at all, and not fsynced: after a power failure nothing runs that it could be about.
 */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode, toAppError } from '@easycerts/core';
import type { Logger } from '@easycerts/runtime';
import { z } from 'zod';
import type { Fingerprint } from '../core/fingerprint.ts';
import type { Trial } from '../core/trial.ts';

/** A document of the master that has been told to be in use. */
export interface ToldConfiguration {
  readonly digest: string;
  readonly appliedAt: string;
}

export interface ComponentRecord {
  readonly startedWith: Fingerprint;
  readonly trial?: Trial;
}

const hash = z.string().regex(/^[0-9a-f]{40}$/);
const recordsSchema = z.object({
  /** Components of the last `host.ready`, while they have all stayed up. */
  readyFor: z.array(z.string()).exactOptional(),
  /** The last `host.configured`, and the components that were restarted for a change since. */
  configured: z.object({ digest: z.string(), appliedAt: z.string() }).exactOptional(),
  restarted: z.array(z.string()).exactOptional(),
  /** The labels that were last set on the Node object. */
  nodeLabels: z.record(z.string(), z.string()).exactOptional(),
  /** By service that is none of our components: the certificates that it was told of last, as hashes. */
  services: z.record(z.string(), z.record(z.string(), z.string())).exactOptional(),
  units: z.record(
    z.string(),
    z.object({
      startedWith: z.object({
        unit: hash,
        files: z.record(z.string(), hash),
        certificates: z.record(z.string(), z.object({ leaf: hash, bundle: hash })),
      }),
      trial: z
        .object({
          sets: z.array(z.object({ name: z.string(), directory: z.string(), serial: z.string() })),
          sinceMs: z.int(),
        })
        .exactOptional(),
    }),
  ),
});

/** The records, in memory and in `<directory>/components.json`. A file that makes no sense counts as none. */
export class Records {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #units: Map<string, ComponentRecord>;
  #readyFor: readonly string[] | undefined;
  #configured: ToldConfiguration | undefined;
  #restarted: readonly string[];
  #nodeLabels: Readonly<Record<string, string>>;
  readonly #services: Map<string, Readonly<Record<string, string>>>;

  constructor(directory: string, logger: Logger) {
    this.#path = `${directory}/components.json`;
    this.#logger = logger;
    const { configured, nodeLabels = {}, readyFor, restarted = [], services = {}, units } = this.#read();
    this.#units = new Map(Object.entries(units));
    this.#readyFor = readyFor;
    this.#configured = configured;
    this.#restarted = restarted;
    this.#nodeLabels = nodeLabels;
    this.#services = new Map(Object.entries(services));
  }

  get(unit: string): ComponentRecord | undefined {
    return this.#units.get(unit);
  }

  units(): readonly string[] {
    return [...this.#units.keys()];
  }

  set(unit: string, record: ComponentRecord): void {
    this.#units.set(unit, record);
    this.#write();
  }

  delete(unit: string): void {
    if (this.#units.delete(unit)) this.#write();
  }

  readyFor(): readonly string[] | undefined {
    return this.#readyFor;
  }

  setReadyFor(units: readonly string[] | undefined): void {
    this.#readyFor = units;
    this.#write();
  }

  configured(): ToldConfiguration | undefined {
    return this.#configured;
  }

  setConfigured(configured: ToldConfiguration): void {
    this.#configured = configured;
    this.#restarted = [];
    this.#write();
  }

  /** Components that were restarted for a change since a configuration was last told to be in use, sorted. */
  restarted(): readonly string[] {
    return this.#restarted;
  }

  noteRestarted(unit: string): void {
    if (this.#restarted.includes(unit)) return;
    this.#restarted = [...this.#restarted, unit].sort();
    this.#write();
  }

  /** The labels that were last set on the Node object. */
  nodeLabels(): Readonly<Record<string, string>> {
    return this.#nodeLabels;
  }

  setNodeLabels(labels: Readonly<Record<string, string>>): void {
    this.#nodeLabels = labels;
    this.#write();
  }

  /** What a service that is none of our components was told of last. */
  toldOf(unit: string): Readonly<Record<string, string>> | undefined {
    return this.#services.get(unit);
  }

  setTold(unit: string, told: Readonly<Record<string, string>>): void {
    this.#services.set(unit, told);
    this.#write();
  }

  /** Forgets every service that is not among these. */
  keepServices(units: ReadonlySet<string>): void {
    const gone = [...this.#services.keys()].filter((unit) => !units.has(unit));
    for (const unit of gone) this.#services.delete(unit);
    if (gone.length > 0) this.#write();
  }

  #read(): z.infer<typeof recordsSchema> {
    try {
      return recordsSchema.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch (err) {
      if (systemErrorCode(err) !== 'ENOENT')
        this.#logger.warn({ err, path: this.#path }, 'records are damaged; start afresh');
      return { units: {} };
    }
  }

  // Components must go on when the disk is full: the price is a restart too many after our own.
  #write(): void {
    const content = {
      ...(this.#readyFor === undefined ? {} : { readyFor: this.#readyFor }),
      ...(this.#configured === undefined ? {} : { configured: this.#configured }),
      restarted: this.#restarted,
      nodeLabels: this.#nodeLabels,
      services: Object.fromEntries(this.#services),
      units: Object.fromEntries(this.#units),
    };
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileSync(`${this.#path}.tmp`, JSON.stringify(content), { mode: 0o600 });
      renameSync(`${this.#path}.tmp`, this.#path);
    } catch (error) {
      this.#logger.error({ err: toAppError(error, `write ${this.#path}`) }, 'records not written');
    }
  }
}
