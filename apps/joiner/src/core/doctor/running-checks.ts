/** What runs, and what should. */

import { agentUnit } from '@easycerts/cluster';
import type { Found } from '../preflight/finding.ts';
import type { DoctorFacts } from './facts.ts';

export function services({ isCertmgrAlive, lastLines, state, wantedServices }: DoctorFacts): readonly Found[] {
  const stopped = wantedServices.filter((unit) => state.services[unit]?.isActive !== true);
  const forgotten = wantedServices.filter(
    (unit) => !stopped.includes(unit) && state.services[unit]?.isEnabled !== true,
  );
  const certmgr = unitOf('easycerts-certmgr', wantedServices);
  const silent = !isCertmgrAlive && !stopped.includes(certmgr) && wantedServices.includes(certmgr);
  return [
    ...stopped.map(
      (unit): Found => ({
        severity: 'error',
        message: `${unit} does not run${tail(lastLines[unit])}`,
        cure: `systemctl enable --now ${unit}; see journalctl -u ${unit}`,
      }),
    ),
    ...forgotten.map(
      (unit): Found => ({
        severity: 'error',
        message: `${unit} would not start at the next boot`,
        cure: `systemctl enable ${unit}`,
      }),
    ),
    ...(silent
      ? [
          {
            severity: 'warning',
            message: 'certmgr has written no status',
            cure: `systemctl restart ${certmgr}`,
          } as const,
        ]
      : []),
  ];
}

export function bus({ busProblem }: DoctorFacts): readonly Found[] {
  if (busProblem === undefined) return [];
  return [
    {
      severity: 'warning',
      message: `the bus cannot be reached: ${busProblem}; news come later, and events are lost`,
      cure: 'see whether a firewall lets this host to the master’s port 4222, and `systemctl status easycerts-nats` there',
    },
  ];
}

export function configuration({ state: { appliedDigest, receivedDigest } }: DoctorFacts): readonly Found[] {
  if (receivedDigest === undefined || receivedDigest === appliedDigest) return [];
  return [
    {
      severity: 'error',
      message: 'the files of this host are not yet as the master wants them',
      cure: 'see `journalctl -u "easycerts-*"`',
    },
  ];
}

export function components({
  state: { components: status, identity, units },
  wantedServices,
}: DoctorFacts): readonly Found[] {
  if (identity === undefined && units.length === 0) return [];
  if (status === undefined) {
    const cure = `systemctl restart ${unitOf('easycerts-joiner', wantedServices)}`;
    return [{ severity: 'error', message: 'joiner does not answer', cure }];
  }
  const known = new Map(status.components.map((component) => [component.unit, component]));
  return [
    ...status.problems.map(
      ({ message, path }): Found => ({
        severity: 'error',
        message: `${path}: ${message}`,
        cure: 'config-renderer apply',
      }),
    ),
    ...units.flatMap((unit): readonly Found[] => {
      const component = known.get(unit);
      if (component?.isHealthy === true) return [];
      const detail = component?.detail === undefined ? '' : `: ${component.detail}`;
      return [
        {
          severity: 'error',
          message: `${unit} is not healthy${detail}${tail(component?.lastLines)}`,
          cure: `see journalctl -u ${unit}; then joiner restart ${unit}`,
        },
      ];
    }),
  ];
}

export function node({ node: readiness, state: { name } }: DoctorFacts): readonly Found[] {
  if (readiness === undefined) return [];
  if (!readiness.isReady) {
    return [
      {
        severity: 'error',
        message: `node ${name} is not Ready: ${readiness.detail}`,
        cure: `on a master: kubectl describe node ${name}`,
      },
    ];
  }
  if (readiness.isSchedulable) return [];
  return [
    { severity: 'warning', message: `node ${name} takes no new pods`, cure: `on a master: kubectl uncordon ${name}` },
  ];
}

/** The unit that does the work of a service here. */
function unitOf(service: string, wantedServices: readonly string[]): string {
  return wantedServices.includes(agentUnit) ? agentUnit : service;
}

/** The last words of a unit. */
function tail(lines: readonly string[] | undefined): string {
  const last = lines?.at(-1);
  return last === undefined ? '' : ` (last line of its log: ${last.slice(0, 200)})`;
}
