/** The closing words of `easycerts up`: how to use the cluster, its certificates, what to do next. */

import { formatDuration } from '@easycerts/core';

export interface CertificateLine {
  readonly name: string;
  readonly notAfter: string;
}

export interface SummaryFacts {
  readonly mode: 'sandbox' | 'plain';
  readonly kubeconfig: string;
  /** `https://10.231.0.2:6443` */
  readonly server: string;
  readonly certificates: readonly CertificateLine[];
  readonly tookMs: number;
  readonly isDetached: boolean;
  readonly now: Date;
  /** How the user calls us: `npm run easycerts --`. */
  readonly callName: string;
  /** `--data-dir …` when it is not the default one. */
  readonly dataOption: string;
}

// Enough to see which come first; `certmgr check` shows all.
const shownCertificates = 5;

/** The summary's lines. */
export function summaryText(facts: SummaryFacts): string {
  const { callName, dataOption, isDetached, kubeconfig, mode, now, server, tookMs } = facts;
  const call = (command: string, rest = ''): string => [callName, command, dataOption, rest].filter(Boolean).join(' ');
  const inside = (command: string): string => call('exec', `-- ${command}`);
  return [
    '',
    `The cluster is ready after ${formatDuration(tookMs)}: ${server}`,
    ...(mode === 'plain' ? [plainModeText] : []),
    '',
    `  export KUBECONFIG=${kubeconfig}`,
    '  kubectl get nodes',
    '',
    ...certificateText(facts.certificates, now),
    'Next:',
    ...table([
      ...(mode === 'sandbox'
        ? [
            [inside('certmgr check'), 'all certificates and when they are renewed'],
            [inside('easycerts events --follow'), 'see everything that happens, as it happens'],
            [call('shell'), 'a shell where kubectl, etcdctl, nats and ctr just work'],
          ]
        : []),
      [call('status'), 'what runs, component by component'],
      [isDetached ? call('down') : 'Ctrl-C', 'stop; starting again goes on from where it was'],
    ]),
    '',
  ].join('\n');
}

/** Said at the start and in the end. */
export const plainModeText =
  'You are not root: this is the control plane only, on loopback. No pods run; start it as root for a whole cluster.';

function certificateText(certificates: readonly CertificateLine[], now: Date): readonly string[] {
  if (certificates.length === 0) return [];
  const sorted = certificates.toSorted((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter));
  const rows = sorted
    .slice(0, shownCertificates)
    .map(({ name, notAfter }) => [name, `expires in ${formatDuration(Date.parse(notAfter) - now.getTime())}`]);
  const more = sorted.length - rows.length;
  return [
    `Certificates (${sorted.length}, all from our own CA), first to expire:`,
    ...table(rows),
    ...(more > 0 ? [`  … and ${more} more`] : []),
    '',
  ];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([first = '']) => first.length));
  return rows.map(([first = '', second = '']) => `  ${first.padEnd(width)}  ${second}`);
}
