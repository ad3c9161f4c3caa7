/** Plans as rows: for tables and for `--json`. */

import { formatDuration } from '@easycerts/core';
import type { CertificatePlan } from './plan.ts';

/** The public shape of a plan in `--json`: fields are only ever added. */
export interface PlanRecord {
  readonly name: string;
  readonly state: string;
  readonly reason: string | null;
  readonly detail: string;
  readonly notAfter: string | null;
  readonly renewAt: string | null;
  readonly serial: string | null;
  readonly path: string;
}

export const checkHeaders = ['NAME', 'STATE', 'REASON', 'NOT-AFTER', 'RENEW-AT', 'SERIAL', 'PATH'] as const;
export const statusHeaders = ['NAME', 'STATE', 'EXPIRES', 'RENEWED', 'NOTE'] as const;

/** One plan as plain data. */
export function planRecord(plan: CertificatePlan): PlanRecord {
  const { name, state, detail, directory } = plan;
  return {
    name,
    state,
    reason: plan.reason ?? null,
    detail,
    notAfter: isoTime(plan.notAfterMs),
    renewAt: isoTime(plan.renewAtMs),
    serial: plan.serial ?? null,
    path: directory,
  };
}

/** A row of `check`. */
export function checkRow(plan: CertificatePlan): readonly string[] {
  const record = planRecord(plan);
  const cells = [record.name, record.state, record.reason, record.notAfter, record.renewAt, record.serial, record.path];
  return cells.map((cell) => cell ?? '-');
}

/** A row of `status`: times as a person says them. */
export function statusRow(plan: CertificatePlan, nowMs: number, failure: string | undefined): readonly string[] {
  const reason = plan.reason === undefined ? plan.detail : `${plan.reason}: ${plan.detail}`;
  const note = [reason, failure].filter((part) => part !== undefined && part !== '').join('; ');
  return [plan.name, plan.state, relativeTime(plan.notAfterMs, nowMs), relativeTime(plan.renewAtMs, nowMs), note];
}

/** `in 29d 4h`, `3h ago`; `-` for no time. */
export function relativeTime(timeMs: number | undefined, nowMs: number): string {
  if (timeMs === undefined) return '-';
  const distanceMs = timeMs - nowMs;
  return distanceMs >= 0 ? `in ${formatDuration(distanceMs)}` : `${formatDuration(-distanceMs)} ago`;
}

function isoTime(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : new Date(timeMs).toISOString().replace('.000Z', 'Z');
}
