/** The words of `certmgr ensure`. */

import type { CertificatePlan } from '../core/plan.ts';
import type { PassOutcome, PassResult } from '../edge/pass.ts';

/** What is begun, as one line. */
export function describeStart({ name, state, reason, detail }: CertificatePlan): string {
  return state === 'reissue' ? `${name}: requesting (${reason}: ${detail})\n` : '';
}

/** What came of it, as one line; the cure of a failure on a second. */
export function describeOutcome(outcome: PassOutcome): string {
  switch (outcome.kind) {
    case 'broken-off':
      return `${outcome.name}: not done, stopped\n`;
    case 'failed': {
      const { code, message, details } = outcome.attempt.error;
      return `${outcome.name}: failed: ${code} ${message}\n${details.cure === undefined ? '' : `  do: ${details.cure}\n`}`;
    }
    case 'kept':
      return describeKept(outcome.name, outcome.kept);
    default:
      return outcome satisfies never;
  }
}

/** The last line. */
export function summarize({ plans, outcomes }: PassResult): string {
  const changed = outcomes.filter((outcome) => outcome.kind === 'kept' && outcome.kept.kind !== 'nothing').length;
  const failed = outcomes.filter(({ kind }) => kind !== 'kept').length;
  const waiting = plans
    .filter(({ state }) => state === 'held' || state === 'clock' || state === 'stopped' || state === 'error')
    .map(({ name, state, detail }) => `${name}: ${state}: ${detail}\n`);
  return `${waiting.join('')}${plans.length} certificates, ${changed} changed, ${failed} failed\n`;
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
