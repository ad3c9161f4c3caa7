/** The events of joiner: each published after its fact, and the same fact always with the same key. */

import type { ComponentActionReason } from '@easycerts/core';
import type { EventPublisher } from '@easycerts/runtime';
import type { PhaseReport } from './core/phase-report.ts';

/** Where and as whom joiner tells what happened. */
export interface Teller {
  readonly events: EventPublisher;
  readonly host: string;
}

export interface BroughtUp {
  readonly component: string;
  readonly kind: 'start' | 'restart' | 'reload';
  readonly reason: ComponentActionReason;
  /** What changed, in words. */
  readonly changed: readonly string[];
  readonly durationMs: number;
  readonly at: Date;
}

export interface NotUp {
  readonly component: string;
  readonly message: string;
  readonly lastLines: readonly string[];
  readonly retryInMs: number;
  readonly attempts: number;
  readonly at: Date;
}

export interface RolledBack {
  readonly component: string;
  readonly certificate: string;
  /** Of the certificate that is in use again, and of the one that was put away. */
  readonly serial: string;
  readonly previousSerial: string;
  readonly message: string;
  readonly at: Date;
}

/** A component was started, restarted or reloaded, and is healthy. */
export function componentUp({ events, host }: Teller, { at, kind, ...fact }: BroughtUp): void {
  const { changed, component, reason } = fact;
  const durationMs = Math.max(0, Math.round(fact.durationMs));
  const common = { subject: component, key: at.toISOString() };
  if (kind === 'start') {
    events.publish({ type: 'component.started', ...common, data: { host, component, reason, durationMs } });
    return;
  }
  const type = kind === 'restart' ? 'component.restarted' : 'component.reloaded';
  events.publish({ type, ...common, data: { host, component, reason, changed: [...changed], durationMs } });
}

/** A component did not become healthy, or ended by itself, and will be tried again. */
export function componentFailed({ events, host }: Teller, { at, component, lastLines, ...fact }: NotUp): void {
  events.publish({
    type: 'component.failed',
    subject: component,
    key: at.toISOString(),
    data: { host, component, ...fact, lastLines: [...lastLines] },
  });
}

/** A component was stopped because it is no longer wanted, or the host goes down. */
export function componentStopped({ events, host }: Teller, component: string, at: Date): void {
  events.publish({ type: 'component.stopped', subject: component, key: at.toISOString(), data: { host, component } });
}

/** A certificate set was put back, because a component did not come up healthy with the newer one. */
export function certificateRolledBack({ events, host }: Teller, { at, ...fact }: RolledBack): void {
  events.publish({
    type: 'certificate.rolled-back',
    subject: fact.certificate,
    key: `${fact.previousSerial}@${at.toISOString()}`,
    data: { host, ...fact },
  });
}

/** Every component of the host is healthy. */
export function hostReady({ events, host }: Teller, components: readonly string[], durationMs: number, at: Date): void {
  events.publish({
    type: 'host.ready',
    subject: host,
    key: at.toISOString(),
    data: { host, components: [...components], durationMs: Math.max(0, Math.round(durationMs)) },
  });
}

/** A phase of joining, of making a master or of leaving has begun, ended or failed. What it waits for is no fact. */
export function phaseTold({ events, host }: Teller, report: PhaseReport & { readonly run: string }): void {
  const { durationMs, message, phase, run, state } = report;
  if (state === 'waiting') return;
  events.publish({
    type: 'host.phase',
    subject: host,
    key: `${run}:${phase}:${state}`,
    data: { host, run, phase, state, message, durationMs: Math.max(0, Math.round(durationMs)) },
  });
}

/** Every component of the host is healthy with a document of the master. */
export function hostConfigured(
  { events, host }: Teller,
  {
    appliedAt,
    digest,
    restarted,
  }: { readonly digest: string; readonly appliedAt: string; readonly restarted: readonly string[] },
): void {
  const data = { host, digest, restarted: [...restarted] };
  events.publish({ type: 'host.configured', subject: host, key: `${digest}@${appliedAt}`, data });
}
