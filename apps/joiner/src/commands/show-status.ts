/** `joiner status`: the components of this host as a table. */

import { formatDuration } from '@easycerts/core';
import { formatTable } from '@easycerts/runtime';
import type { ComponentStatus, JoinerStatus, ServiceStatus } from '../core/joiner-status.ts';

/** The table, then what is wrong, each with what the component said last. */
export function formatStatus(status: JoinerStatus, now: Date): string {
  const rows = status.components.map((component) => rowOf(component, now));
  const problems = status.problems.map(({ message, path }) => `\n${path}: ${message}\n`);
  const failures = status.components.filter(({ lastLines }) => lastLines.length > 0).map(failureOf);
  return [
    formatTable(['UNIT', 'STATE', 'SINCE', 'REASON', 'HEALTH', 'DETAIL'], rows),
    ...servicesText(status.services),
    ...problems,
    ...failures,
  ].join('');
}

function servicesText(services: readonly ServiceStatus[] = []): readonly string[] {
  if (services.length === 0) return [];
  const rows = services.map(({ certificates, detail = '', state, unit }) => [
    unit,
    state,
    certificates.join(', '),
    detail,
  ]);
  return ['\n', formatTable(['SERVICE', 'STATE', 'CERTIFICATES', 'DETAIL'], rows)];
}

function rowOf({ detail, isHealthy, reason, since, state, unit }: ComponentStatus, now: Date): readonly string[] {
  const age = formatDuration(Math.max(0, now.getTime() - Date.parse(since)));
  return [unit, state, age, reason ?? '-', isHealthy ? 'ok' : 'no', detail ?? ''];
}

function failureOf({ lastLines, unit }: ComponentStatus): string {
  return `\nlast lines of ${unit}:\n${lastLines.map((line) => `  ${line}\n`).join('')}`;
}
