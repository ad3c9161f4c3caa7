/** zlint, the linter of the public CAs (https://github.com/zmap/zlint), for many certificates in one process. */

import { spawn } from 'node:child_process';
import { text as readText } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ensureOwnProgram } from '@easycerts/kube-assets';

export interface LintFinding {
  /** zlint's name of the rule, such as `e_basic_constraints_not_critical`. */
  readonly lint: string;
  readonly severity: 'info' | 'warn' | 'error' | 'fatal';
  /** Who demands it: `RFC5280`, `CABF_BR`, `Mozilla`, … */
  readonly source: string;
  readonly details: string;
}

export interface CertificateReport {
  /** How many rules applied and were kept. */
  readonly passed: number;
  readonly findings: readonly LintFinding[];
}

/** What zlint says of each certificate of a PEM text, in their order. Builds zlint when it is not there yet (20 s). */
export async function lintCertificates(pem: string): Promise<readonly CertificateReport[]> {
  const folder = fileURLToPath(new URL('../go/', import.meta.url));
  const program = await ensureOwnProgram({ name: 'zlint', folder, env: process.env });
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  child.stdin.end(pem);
  const [lines, complaint, code] = await Promise.all([readText(child.stdout), readText(child.stderr), ended]);
  if (code !== 0) throw new Error(`zlint ended with ${code}: ${complaint}`);
  return lines.split('\n').filter(Boolean).map(reportOf);
}

function reportOf(line: string): CertificateReport {
  return JSON.parse(line) as CertificateReport;
}
