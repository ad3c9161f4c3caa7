/**
 * Keeps the files of this host as its configuration asks for.
 *
 *   document on the bus ──parsed, rendered──▶ received/ ──▶ files ──▶ applied.json        a node
 *        └─ not valid: rejected, everything stays        └─ after a crash: made again from what lies on disk
 *   cluster.yaml ───────────────────────────────▶ files                                   a master, or components by hand
 */

import { type ConfigProblem, parseNodeDocument } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { describeError, readAppliedConfig, type ServiceContext, writeReceivedDocument } from '@easycerts/runtime';
import { configApplied, configRejected } from '../events.ts';
import { applyPlan, type HostRendererOptions, planHost, type RenderPlan } from './host-renderer.ts';
import { sourceOfDocument } from './host-source.ts';
import type { FetchedDocument, OwnDocument } from './own-document.ts';
import { recordApplied } from './record-applied.ts';

export interface ApplierOptions {
  readonly context: ServiceContext;
  readonly host: HostRendererOptions;
  /** Name of this host, until a configuration says otherwise. */
  readonly name: string;
  /** On a node with a bus. */
  readonly document: OwnDocument | undefined;
}

export class Applier {
  readonly #options: ApplierOptions;
  #name: string;
  /** What was said last of a configuration with problems: the same is not said again. */
  #lastRejection: string | undefined;

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.#name = options.name;
  }

  /** Applies what there is. Resolves with what the files follow from now; undefined when it could not be applied. */
  async apply(): Promise<RenderPlan | undefined> {
    try {
      const given = await this.#applyDocument();
      if (typeof given === 'object') return given;
      const plan = await planHost(this.#options.host, { mustResolve: false });
      await this.#carryOut(plan, undefined);
      if (given === 'nothing new') this.#lastRejection = undefined;
      return plan;
    } catch (error) {
      this.#tell(error);
      return undefined;
    }
  }

  async #applyDocument(): Promise<RenderPlan | 'nothing new' | 'rejected'> {
    const { document, host } = this.#options;
    const fetched = await document?.fetch();
    if (fetched === undefined || fetched.revision === readAppliedConfig(host.paths)?.revision) return 'nothing new';
    try {
      return await this.#take(fetched);
    } catch (error) {
      if (!isAppError(error, 'INVALID_CONFIG') && !isAppError(error, 'DAMAGED')) throw error;
      this.#tell(error, fetched.revision);
      return 'rejected';
    }
  }

  async #take({ revision, text }: FetchedDocument): Promise<RenderPlan> {
    const { host } = this.#options;
    const document = parseNodeDocument(text, this.#name);
    const plan = await planHost(host, { source: await sourceOfDocument(host, document) });
    await writeReceivedDocument(host.paths, document, host.users);
    await this.#carryOut(plan, revision);
    this.#lastRejection = undefined;
    return plan;
  }

  async #carryOut(plan: RenderPlan, revision: number | undefined): Promise<void> {
    const { context, host } = this.#options;
    this.#name = plan.desired.host.name;
    if (plan.changed.length > 0 || plan.removed.length > 0) {
      const outcome = await applyPlan(plan, host);
      context.logger.info({ written: outcome.written, removed: outcome.removed }, 'applied configuration');
      configApplied(context.events, this.#name, outcome, context.clock.now());
    }
    await recordApplied(plan, host, { revision, now: context.clock.now() });
  }

  #tell(error: unknown, revision?: number): void {
    const { context } = this.#options;
    const description = describeError(error);
    const rejection = JSON.stringify([description, revision]);
    const isNews = rejection !== this.#lastRejection;
    this.#lastRejection = rejection;
    context.logger[isNews ? 'error' : 'debug']({ error: description }, 'configuration not applied');
    const problems = problemsOf(error);
    if (!isNews || problems === undefined) return;
    configRejected(context.events, this.#name, { problems, revision, at: context.clock.now() });
  }
}

/** What is wrong with the configuration; undefined when something else went wrong. */
function problemsOf(error: unknown): readonly ConfigProblem[] | undefined {
  if (isAppError(error, 'DAMAGED')) return [{ path: '', message: error.message }];
  if (!isAppError(error, 'INVALID_CONFIG')) return undefined;
  const { problems } = error.details;
  return Array.isArray(problems) ? (problems as ConfigProblem[]) : [{ path: '', message: error.message }];
}
