/** The host itself: who runs us, its name, files, ports, network, room. */

import { isHostName } from '@easycerts/cluster';
import { formatDuration, minuteMs, secondMs } from '@easycerts/core';
import type { PreflightInput } from './facts.ts';
import type { Found } from './finding.ts';

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

export function root({ facts }: PreflightInput): readonly Found[] {
  if (facts.isRoot) return [];
  return [{ severity: 'error', message: 'only root can do this', cure: 'run it as root: `sudo …`' }];
}

/** Names that installers give to every machine. */
const likelyShared = /^(localhost|debian|ubuntu|fedora|centos|raspberrypi|linux|host|node|vm|template)$/;

export function hostName({ facts }: PreflightInput): readonly Found[] {
  const name = (facts.hostName.split('.')[0] ?? '').toLowerCase();
  const cure = 'hostnamectl set-hostname <name>: letters, digits and hyphens, another one on each machine';
  if (!isHostName(name)) {
    return [{ severity: 'error', message: `the host name ${JSON.stringify(facts.hostName)} cannot be a node’s`, cure }];
  }
  if (name === 'localhost') return [{ severity: 'error', message: 'the host name is localhost', cure }];
  if (!likelyShared.test(name)) return [];
  return [{ severity: 'warning', message: `the host name ${name} is likely that of another machine, too`, cure }];
}

export function configuration({ facts, wants }: PreflightInput): readonly Found[] {
  const problems: readonly Found[] = facts.configProblems.map((message) => ({
    severity: 'error',
    message,
    cure: 'mend that file (docs/config lists what may stand there)',
  }));
  if (wants.role === 'master' || !facts.hasClusterFile) return problems;
  const ownFile: Found = {
    severity: 'error',
    message: 'there is a cluster.yaml on this host; that of a node comes from its master',
    cure: 'mv /etc/easycerts/cluster.yaml /root/; what is for this host alone goes into /etc/easycerts/node.yaml',
  };
  return [ownFile, ...problems];
}

export function ports({ facts, wants }: PreflightInput): readonly Found[] {
  return wants.ports.flatMap(({ port, unit, use }) => {
    const foreign = facts.listeners.filter((listener) => listener.port === port && listener.unit !== unit);
    const [holder] = foreign;
    if (holder === undefined) return [];
    const name = holder.unit ?? holder.program;
    const cure =
      holder.unit === undefined
        ? `see who it is: \`ss -ltnp 'sport = :${port}'\`, and stop it`
        : `systemctl disable --now ${holder.unit}`;
    const who = name === undefined ? 'another program' : name;
    return [{ severity: 'error', message: `port ${port}, for ${use}, is held by ${who}`, cure }];
  });
}

/** One endpoint is enough; the others may be masters that are away. */
export function master({ facts: { endpoints } }: PreflightInput): readonly Found[] {
  const away = endpoints.filter(({ problem }) => problem !== undefined);
  const severity = away.length === endpoints.length ? 'error' : 'warning';
  return away.map(({ endpoint, problem }) => ({
    severity,
    message: `the master cannot be reached at ${endpoint}: ${problem}`,
    cure: 'see whether the name resolves here (`getent hosts <name>`), and whether a firewall lets this host in',
  }));
}

/** Above that, the CA refuses requests as stale. */
const clockErrorMs = 5 * minuteMs;
const clockWarningMs = 10 * secondMs;

/** Before the master is trusted its time is only a hint. */
export function clock({ facts }: PreflightInput): readonly Found[] {
  const [ahead] = facts.endpoints
    .flatMap(({ clockAheadMs }) => (clockAheadMs === undefined ? [] : [clockAheadMs]))
    .sort((a, b) => Math.abs(a) - Math.abs(b));
  if (ahead === undefined || Math.abs(ahead) < clockWarningMs) return [];
  const words = `the clock is ${formatDuration(Math.abs(ahead))} ${ahead > 0 ? 'behind' : 'ahead of'} the master’s`;
  const message = Math.abs(ahead) < clockErrorMs ? words : `${words}: the CA would refuse what this host asks`;
  return [
    {
      severity: 'warning',
      message,
      cure: 'timedatectl set-ntp true, and wait until `timedatectl` says that it is synchronised',
    },
  ];
}

/** Keys, certificates and state are some hundred KiB, of which several copies are kept; without them nothing works. */
const folderBytes = 16 * mebibyte;

export function disk({ facts: { folders, varFreeBytes } }: PreflightInput): readonly Found[] {
  const full = folders.filter(({ freeBytes }) => freeBytes < folderBytes);
  const findings = full.map(
    ({ freeBytes, path }): Found => ({
      severity: 'error',
      message: `${path} has no room for keys and state: ${Math.floor(freeBytes / 1024)} KiB are left`,
      cure: `free some space there: \`df -h ${path}\` shows the file system`,
    }),
  );
  if (varFreeBytes >= 5 * gibibyte) return findings;
  return [
    ...findings,
    {
      // kubelet evicts pods below 10 % or 100 MiB; images need more than that
      severity: varFreeBytes < gibibyte / 2 ? 'error' : 'warning',
      message: `/var has only ${Math.floor(varFreeBytes / mebibyte)} MiB left, for images, logs and data`,
      cure: 'see what fills it: `du -xh --max-depth=2 /var | sort -h | tail`',
    },
  ];
}

export function memory({ facts: { memoryBytes }, wants }: PreflightInput): readonly Found[] {
  const wanted = wants.role === 'master' ? 1.5 * gibibyte : 0.75 * gibibyte;
  if (memoryBytes >= wanted) return [];
  return [
    {
      severity: 'warning',
      message: `there are only ${Math.floor(memoryBytes / mebibyte)} MiB of memory, for a ${wants.role} ${Math.floor(wanted / mebibyte)} are needed`,
      cure: 'give the machine more memory',
    },
  ];
}
