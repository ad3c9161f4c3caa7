/** Certificates: those that are missing, end soon, or cannot be had. */

import { formatDuration, hourMs } from '@easycerts/core';
import type { Found } from '../preflight/finding.ts';
import type { DoctorFacts } from './facts.ts';

/** Renewal begins at two thirds of the lifetime, so one with so little left has failed to be renewed for long. */
const soonMs = 24 * hourMs;
const cure = 'see `certmgr status`, and `journalctl -u "easycerts-*"`';

export function identity({ nowMs, state: { identity: known } }: DoctorFacts): readonly Found[] {
  if (known === undefined) return [];
  if (known.notAfterMs <= nowMs) {
    const again =
      'on a master: ca host remove and ca token create --role node --name <this host>; here: joiner join < token';
    return [{ severity: 'error', message: `the identity of ${known.host} has ended`, cure: again }];
  }
  return endsSoon(`the identity of ${known.host}`, known.notAfterMs - nowMs);
}

export function certificates({ certificates: known, nowMs, state }: DoctorFacts): readonly Found[] {
  const { failures, missing, problems } = state.certificates;
  const why = new Map(failures.map(({ message, name }) => [name, message]));
  return [
    ...problems.map(
      ({ message, path }): Found => ({
        severity: 'error',
        message: `${path}: ${message}`,
        cure: 'config-renderer apply',
      }),
    ),
    ...missing.map(
      (name): Found => ({
        severity: 'error',
        message: `the certificate ${name} is not there${reason(why.get(name) ?? why.get(''))}`,
        cure,
      }),
    ),
    ...failures
      .filter(({ name }) => !missing.includes(name) && (name !== '' || missing.length === 0))
      .map(
        ({ message, name }): Found => ({
          severity: 'warning',
          message: `${name === '' ? 'the CA' : `the certificate ${name}`}: ${message}`,
          cure,
        }),
      ),
    ...known.flatMap(({ name, notAfterMs }): readonly Found[] =>
      notAfterMs <= nowMs
        ? [{ severity: 'error', message: `the certificate ${name} has ended`, cure }]
        : endsSoon(`the certificate ${name}`, notAfterMs - nowMs),
    ),
  ];
}

function endsSoon(what: string, leftMs: number): readonly Found[] {
  if (leftMs > soonMs) return [];
  return [{ severity: 'warning', message: `${what} ends in ${formatDuration(leftMs)}, and is not renewed`, cure }];
}

function reason(message: string | undefined): string {
  return message === undefined ? '' : `: ${message}`;
}
