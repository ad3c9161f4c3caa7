/** Looks whether the host can do what is asked of it, before anything is changed. */

import { AppError } from '@easycerts/core';
import { countText } from '../core/findings-text.ts';
import { isSettled } from '../core/host-state.ts';
import type { PreflightFinding } from '../core/preflight/finding.ts';
import type { JoinPhase } from './join-context.ts';

export const preflight: JoinPhase = {
  name: 'preflight',
  description: 'see whether this host can be a node: kernel, control groups, ports, programs, network',
  cure: 'see `joiner preflight`',
  isDone: isSettled,
  async run({ actions, ignoredChecks }) {
    const findings = withIgnored(await actions.preflight(), ignoredChecks);
    assertNoErrors(findings, 'this host cannot run Kubernetes yet');
    return { message: countText(findings), findings };
  },
};

/** Errors of ignored checks are warnings. */
export function withIgnored(
  findings: readonly PreflightFinding[],
  ignored: readonly string[],
): readonly PreflightFinding[] {
  return findings.map((finding) =>
    ignored.includes(finding.check) || ignored.includes('all') ? { ...finding, severity: 'warning' } : finding,
  );
}

/** AppError FAILED_PRECONDITION with all findings when one is an error. */
export function assertNoErrors(findings: readonly PreflightFinding[], message: string): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const names = [...new Set(errors.map(({ check }) => check))].join(', ');
  throw new AppError('FAILED_PRECONDITION', `${message}: ${names}`, {
    details: {
      findings,
      cure: 'mend what is listed (`--fix` does what can be done safely), then run the command again',
    },
  });
}
