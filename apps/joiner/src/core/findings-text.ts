/** Findings for people: each with what mends it, then how many there are. */

import type { PreflightFinding } from './preflight/finding.ts';

export interface FindingCount {
  readonly errors: number;
  readonly warnings: number;
}

export function countFindings(findings: readonly PreflightFinding[]): FindingCount {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return { errors, warnings: findings.length - errors };
}

/** `2 errors, 1 warning`; `all is well` when there is nothing. */
export function countText(findings: readonly PreflightFinding[]): string {
  const { errors, warnings } = countFindings(findings);
  const words = [...numbered(errors, 'error'), ...numbered(warnings, 'warning')];
  return words.length === 0 ? 'all is well' : words.join(', ');
}

/** What was found and what mends it, two lines. */
export function findingLines({ check, cure, message, severity }: PreflightFinding): readonly string[] {
  return [`${severity} [${check}] ${message}`, `  do: ${cure}`];
}

/** All of it, ending in a line feed. */
export function findingsText(findings: readonly PreflightFinding[]): string {
  return `${[...findings.flatMap(findingLines), countText(findings)].join('\n')}\n`;
}

function numbered(count: number, word: string): readonly string[] {
  if (count === 0) return [];
  return [`${count} ${word}${count === 1 ? '' : 's'}`];
}
