/**
 * The units that come with our package: our own services and joiner. systemd starts them at boot and again when they end, for
 * joiner is one of them; what depends on the host they read from /etc/easycerts. Every one of them may be started before the
 * host is part of a cluster, and waits.
 */

import { posix } from 'node:path';
import { agentReplaces, agentUnit } from '../component-name.ts';
import type { DirectorySpec } from '../component-spec.ts';
import { type HardeningException, hardenedExcept } from '../hardening.ts';
import { type Paths, pathsUnder } from '../paths.ts';
import { joinerUnit, type SystemdUnit, unitText } from '../systemd-unit.ts';

export interface PackagedUnit {
  /** File name: `easycerts-ca.service`. */
  readonly name: string;
  readonly text: string;
}

/** Where the package puts its programs. */
export interface PackagedPrograms {
  readonly easycerts: string;
  readonly natsServer: string;
}

const defaultPrograms: PackagedPrograms = {
  easycerts: '/usr/bin/easycerts',
  natsServer: '/usr/lib/easycerts/nats-server',
};

/** A service that says nothing for so long is started again: its event loop has stopped. */
const watchdogS = 60;

/** All units of the package, as /lib/systemd/system is to have them. */
export function packagedUnits(
  paths: Paths = pathsUnder(''),
  programs: PackagedPrograms = defaultPrograms,
): readonly PackagedUnit[] {
  const units: Readonly<Record<string, SystemdUnit>> = {
    'easycerts-nats': natsUnit(paths, programs),
    'easycerts-ca': caUnit(paths, programs),
    'easycerts-certmgr': certmgrUnit(paths, programs),
    'easycerts-config-renderer': configRendererUnit(paths, programs),
    [joinerUnit]: joinerUnitOf(paths, programs),
    [agentUnit]: agentUnitOf(programs),
  };
  return Object.entries(units).map(([name, unit]) => ({ name: `${name}.service`, text: unitText(unit) }));
}

/** Folders that must be there before the units start, in the order in which they are made. */
export function packagedDirectories(paths: Paths = pathsUnder('')): readonly DirectorySpec[] {
  const root = { owner: 'root', group: 'root' };
  return [
    { path: posix.dirname(paths.clusterFile), ...root, mode: 0o755 },
    // a folder that is there can be watched
    { path: paths.certificateSpecs, ...root, mode: 0o755 },
    { path: paths.componentSpecs, ...root, mode: 0o755 },
    { path: paths.kubernetes, ...root, mode: 0o755 },
    { path: paths.state, ...root, mode: 0o755 },
    { path: posix.dirname(paths.secrets), ...root, mode: 0o755 },
    { path: paths.secrets, ...root, mode: 0o755 },
    { path: paths.logs, ...root, mode: 0o755 },
    { path: paths.run, ...root, mode: 0o755 },
    ...busDirectories(paths),
  ];
}

/** What nats-server writes to. */
export function busDirectories(paths: Paths): readonly DirectorySpec[] {
  return [
    { path: paths.natsStore, owner: 'easycerts-nats', group: 'easycerts-nats', mode: 0o700 },
    // the CA's group comes with every log file, so that it can audit what the bus refused
    { path: posix.dirname(paths.natsLog), owner: 'easycerts-nats', group: 'easycerts-ca', mode: 0o2750 },
  ];
}

function natsUnit(paths: Paths, { natsServer }: PackagedPrograms): SystemdUnit {
  return {
    ...service('the bus of easycerts: nats-server with JetStream', [natsServer, '--config', paths.natsConfig]),
    type: 'exec',
    user: 'easycerts-nats',
    group: 'easycerts-nats',
    unitOptions: onlyWithCa(paths),
    reloadSignal: 'SIGHUP',
    stopTimeoutMs: 15_000,
    systemdOptions: [
      ...hardenedExcept([
        { option: 'UMask', value: '0027', because: 'the CA reads its log, for the audit of the bus' },
      ]),
      'ProcSubset=pid',
      'MemoryDenyWriteExecute=yes',
      `ReadWritePaths=${busDirectories(paths)
        .map(({ path }) => path)
        .join(' ')}`,
    ],
  };
}

function caUnit(paths: Paths, { easycerts }: PackagedPrograms): SystemdUnit {
  return {
    ...service('the certificate authority of easycerts', [easycerts, 'ca', 'run']),
    user: 'easycerts-ca',
    group: 'easycerts-ca',
    after: ['easycerts-nats'],
    unitOptions: onlyWithCa(paths),
    systemdOptions: [...hardenedExcept([]), 'ProcSubset=pid', watchdog, `ReadWritePaths=${paths.ca}`],
  };
}

function certmgrUnit(paths: Paths, { easycerts }: PackagedPrograms): SystemdUnit {
  const writes = [posix.dirname(paths.clusterFile), paths.kubernetes, paths.state, posix.dirname(paths.secrets)];
  return {
    ...service('keeps the certificates of this host', [easycerts, 'certmgr', 'run']),
    // where the CA is on this host, asking before it answers would only be reported as failures
    after: ['easycerts-nats', 'easycerts-ca'],
    systemdOptions: [
      ...hardenedExcept([...giveFilesAway('it gives each key to the user of its component')]),
      'ProcSubset=pid',
      watchdog,
      `ReadWritePaths=${writes.join(' ')}`,
    ],
  };
}

function configRendererUnit(_paths: Paths, { easycerts }: PackagedPrograms): SystemdUnit {
  return {
    ...service('turns cluster.yaml into the files of this host', [easycerts, 'config-renderer', 'run']),
    after: ['easycerts-nats'],
    systemdOptions: [
      ...hardenedExcept([
        {
          option: 'CapabilityBoundingSet',
          value: 'CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE CAP_SYS_ADMIN CAP_SYS_RESOURCE',
          because: `it gives each file to the user of its component, ${triesTheKernel}`,
        },
        {
          option: 'ProtectSystem',
          value: 'yes',
          because: 'it writes below /etc for programs that may be installed later (cni, systemd)',
        },
        ...looksAtTheKernel,
        openFolders,
      ]),
      watchdog,
    ],
  };
}

/** What config-renderer finds out by trying. */
const triesTheKernel =
  'tries whether containerd can mount overlayfs (SYS_ADMIN), and sees by its own SYS_RESOURCE whether containers may have it';
const looksAtTheKernel: readonly HardeningException[] = [
  {
    option: 'ProtectKernelTunables',
    because: 'it looks whether nf_conntrack_max can be written, which kube-proxy then does',
  },
  { option: 'RestrictNamespaces', value: 'mnt', because: 'overlayfs is tried in a mount namespace of its own' },
  { option: 'SystemCallFilter', value: '@system-service @pkey @mount', because: 'overlayfs is tried by mounting it' },
];

function joinerUnitOf(_paths: Paths, { easycerts }: PackagedPrograms): SystemdUnit {
  return {
    ...service('runs the Kubernetes components of this host', [easycerts, 'joiner', 'run']),
    // not after the CA or certmgr: while those are in trouble, components start from what lies on disk
    after: ['easycerts-nats'],
    stopTimeoutMs: joinerStopMs,
    systemdOptions: [
      ...hardenedExcept([
        ...giveFilesAway('it makes the folders of the components, each for its user'),
        managesComponents,
        seesProcesses,
        { option: 'RestrictSUIDSGID', because: 'the log folder of the bus has the set-group-id bit' },
      ]),
      watchdog,
    ],
  };
}

/** It lets what it is doing to a component come to its end: the API server may take 30 s to stop. */
const joinerStopMs = 40_000;
const managesComponents: HardeningException = {
  option: 'ProtectSystem',
  value: 'yes',
  because: 'components name folders anywhere below /etc and /var, and are asked for a moment before they start',
};
const seesProcesses: HardeningException = {
  option: 'ProtectProc',
  because: 'it sees by /proc that the main process of a component has ended',
};

/** certmgr, config-renderer and joiner in one: what any of them needs. */
function agentUnitOf({ easycerts }: PackagedPrograms): SystemdUnit {
  return {
    ...service('keeps certificates, files and components of this node', [easycerts, 'agent']),
    // an earlier version ran three: they are to have ended before their work goes on here
    conflicts: agentReplaces,
    after: agentReplaces,
    stopTimeoutMs: joinerStopMs,
    // malloc has one pool for all threads, and gives back what is free instead of growing its thresholds (mallopt(3))
    env: { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072', MALLOC_MMAP_THRESHOLD_: '65536' },
    systemdOptions: [
      ...hardenedExcept([
        {
          option: 'CapabilityBoundingSet',
          value: 'CAP_CHOWN CAP_FOWNER CAP_FSETID CAP_DAC_OVERRIDE CAP_SYS_ADMIN CAP_SYS_RESOURCE',
          because: `it gives keys, files and folders to the users of the components, ${triesTheKernel}`,
        },
        managesComponents,
        ...looksAtTheKernel,
        seesProcesses,
        openFolders,
      ]),
      watchdog,
    ],
  };
}

const watchdog = `WatchdogSec=${watchdogS}`;

function service(description: string, argv: readonly string[]): SystemdUnit {
  return {
    description,
    argv,
    env: {},
    user: 'root',
    group: 'root',
    after: [],
    type: 'notify',
    // systemd 252 knows no growing delay (RestartSteps= came with 254)
    restartS: 2,
    stopTimeoutMs: 10_000,
    killMode: 'control-group',
    systemdOptions: [],
  };
}

/** `ca init` makes this folder whole: only on a master. */
function onlyWithCa({ ca }: Paths): readonly string[] {
  return [`ConditionPathExists=${ca}`];
}

/** For services that write files which other users read. */
function giveFilesAway(because: string): readonly HardeningException[] {
  const value = 'CAP_CHOWN CAP_FOWNER CAP_FSETID CAP_DAC_OVERRIDE';
  return [{ option: 'CapabilityBoundingSet', value, because }, openFolders];
}

const openFolders: HardeningException = {
  option: 'UMask',
  value: '0022',
  because: 'the users of the components pass through the folders that it makes; keys get their own mode',
};
