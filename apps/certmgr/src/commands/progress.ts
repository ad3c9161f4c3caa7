/** The words of `certmgr ensure`. */

import type { CertificatePlan } from '../core/plan.ts';
import type { PassOutcome, PassResult } from '../edge/pass.ts';

/** What is begun, as one line. */
export function describeStart({ name, state, reason, detail }: CertificatePlan): string {
  return state === 'reissue' ? `${name}: requesting (${reason}: ${detail})\n` : '';
}

/** What came of it, as one line; what to do about failures is said once, at the end. */
export function describeOutcome(outcome: PassOutcome): string {
  switch (outcome.kind) {
    case 'broken-off':
      return `${outcome.name}: not done, stopped\n`;
    case 'failed': {
      const { code, message } = outcome.attempt.error;
      return `${outcome.name}: failed: ${code} ${message}\n`;
    }
    case 'kept':
      return describeKept(outcome.name, outcome.kept);
    default:
      return outcome satisfies never;
  }
}

/** The last lines: what waits, what to do about failures, how many. */
export function summarize({ plans, outcomes }: PassResult): string {
  const changed = outcomes.filter((outcome) => outcome.kind === 'kept' && outcome.kept.kind !== 'nothing').length;
  const failed = outcomes.filter(({ kind }) => kind !== 'kept').length;
  const waiting = plans
    .filter(({ state }) => state === 'held' || state === 'clock' || state === 'stopped' || state === 'error')
    .map(({ name, state, detail }) => `${name}: ${state}: ${detail}\n`);
  const cures = outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.attempt.error.details.cure] : []));
  const advice = [...new Set(cures)].filter((cure) => cure !== undefined).map((cure) => `  do: ${cure}\n`);
  return [...waiting, ...advice, `${plans.length} certificates, ${changed} changed, ${failed} failed\n`].join('');
}

function describeKept(name: string, kept: Extract<PassOutcome, { kind: 'kept' }>['kept']): string {
  switch (kept.kind) {
    case 'delivered':
    case 'renewed':
      return `${name}: ${kept.kind} ${kept.leaf.serial}, valid until ${new Date(kept.leaf.notAfterMs).toISOString()}\n`;
    case 'bundle':
      return `${name}: replaced ca.crt\n`;
    case 'modes':
      return `${name}: corrected ${kept.plan.detail}\n`;
    case 'nothing':
      return '';
    default:
      return kept satisfies never;
  }
}
