/** Says what happened to a certificate, once it is durable: log and event, the same words in both. */

import type { ReissueReason } from '@easycerts/core';
import type { ServiceContext } from '@easycerts/runtime';
import type { CertificatePlan } from '../core/plan.ts';
import { certificateDelivered, certificateFailed, type Delivery, type Failure, trustBundleUpdated } from '../events.ts';
import type { Attempt } from './retry-book.ts';

export class Reporter {
  readonly #context: ServiceContext;
  readonly #host: string;

  constructor(context: ServiceContext, host: string) {
    this.#context = context;
    this.#host = host;
  }

  delivered(delivery: Delivery): void {
    const { spec, leaf, reason, previousSerial } = delivery;
    const fields = { cert: spec.name, reason, serial: leaf.serial, notAfter: new Date(leaf.notAfterMs) };
    this.#context.logger.info(fields, previousSerial === undefined ? 'delivered certificate' : 'renewed certificate');
    certificateDelivered(this.#context.events, this.#host, delivery);
  }

  bundleReplaced(update: Parameters<typeof trustBundleUpdated>[2]): void {
    const { name, authority } = update.spec;
    this.#context.logger.info({ cert: name, authority }, 'replaced trust bundle');
    trustBundleUpdated(this.#context.events, this.#host, update, this.#context.clock.now());
  }

  modesCorrected(plan: CertificatePlan): void {
    this.#context.logger.info({ cert: plan.name, detail: plan.detail }, 'corrected owner and mode');
  }

  leftovers(name: string): void {
    this.#context.logger.warn({ cert: name }, 'older directories of the set are left over');
  }

  failed(failure: Failure, error: unknown): void {
    const { name, message: _, ...fields } = failure;
    this.#context.logger.warn({ cert: name, ...fields, err: error }, 'certificate not delivered');
    certificateFailed(this.#context.events, this.#host, failure, this.#context.clock.now());
  }

  /** The CA gave no trust bundles; what needs it waits. */
  caFailed({ attempts, retryInMs, error }: Attempt): void {
    this.#context.logger.warn({ attempts, retryInMs, err: error }, 'CA not reached');
  }

  /** A certificate that only a person can help: its clock, its files, its breaker. */
  needsPerson(plan: CertificatePlan & { readonly reason?: ReissueReason }, retryInMs: number): void {
    const message = `certificate ${plan.name}: ${plan.detail}`;
    this.#context.logger.error({ cert: plan.name, state: plan.state, reason: plan.reason, retryInMs }, message);
    const failure = { name: plan.name, reason: plan.reason ?? 'unreadable', message, attempts: 1, retryInMs };
    const code = plan.state === 'error' ? 'PERMISSION_DENIED' : 'FAILED_PRECONDITION';
    certificateFailed(this.#context.events, this.#host, { ...failure, code }, this.#context.clock.now());
  }
}
