/** Plans a sandbox from what the machine is, and writes the files that its start needs. */

import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupPlan } from '@easycerts/runtime';
import type { CableNetwork } from '../core/choose-network.ts';
import { insideCompileCache, userCompileCache } from '../core/compile-cache-place.ts';
import { planEtc } from '../core/etc-plan.ts';
import { sandboxHostName } from '../core/instance.ts';
import { insidePaths, type ProgramFacts, planPrograms } from '../core/programs-plan.ts';
import { bind, directory, joinPlans, type RootPlan, renderFstab } from '../core/root-plan.ts';
import { renderStartScript } from '../core/start-script.ts';
import { planSystem } from '../core/system-plan.ts';
import { addSystemUsers, userIdOf } from '../core/system-users.ts';
import { type DataDirectory, readIfThere } from './data-directory.ts';
import { readEtcEntries, readSystemdEntries, readTopLevel } from './machine-facts.ts';
import { writeSkeleton } from './write-skeleton.ts';

export interface SandboxOptions {
  readonly data: DataDirectory;
  readonly cable: CableNetwork;
  readonly programs: ProgramFacts;
  /** Name of the master in cluster.yaml, when it is a name: it leads to the sandbox. */
  readonly masterName?: string;
  /** The init program with its arguments, then the command that it runs; as seen from inside. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What the sandbox says its boot id is. */
  readonly bootId: string;
}

export interface PreparedSandbox {
  /** The script to call with `launch`. */
  readonly script: string;
  /** Will hold the process id of the sandbox's PID 1. */
  readonly pidFile: string;
}

/** Where {@link DataDirectory.supervisorState} lies inside. */
export const insideShared = '/.sandbox/shared';

/** Writes everything below the data directory's `sandbox` folder. */
export function prepareSandbox(options: SandboxOptions, cgroups: CgroupPlan): PreparedSandbox {
  const { data, cable, command, env } = options;
  const at = (name: string): string => join(data.sandbox, name);
  const files = { root: at('root'), skeleton: at('skeleton'), fstab: at('fstab'), pidFile: at('init.pid') };
  const { fstab, pidFile, root, skeleton } = files;
  const script = at('start.sh');
  const plan = planRoot(options, cgroups);
  mkdirSync(root, { recursive: true });
  rmSync(pidFile, { force: true });
  rmSync(join(data.sandbox, 'shared'), { recursive: true, force: true });
  mkdirSync(join(data.sandbox, 'shared'), { mode: 0o700 });
  writeFileSync(data.supervisorLog, '', { mode: 0o600 });
  writeSkeleton(skeleton, plan.entries);
  writeFileSync(fstab, renderFstab(plan.mounts, root));
  const { instance } = data;
  writeFileSync(
    script,
    renderStartScript({
      ...files,
      instance,
      hostName: sandboxHostName,
      cgroups,
      cable,
      command,
      env,
      ...(options.programs.libraryDirectory === undefined ? {} : { libraries: insidePaths.libraries }),
    }),
  );
  return { script, pidFile };
}

function planRoot({ bootId, data, cable, masterName, programs }: SandboxOptions, cgroups: CgroupPlan): RootPlan {
  return joinPlans(
    planSystem({ topLevel: readTopLevel(), varDirectory: data.var, cgroups, bootId }),
    planEtc({
      hostName: sandboxHostName,
      cable,
      ...(masterName === undefined ? {} : { masterName }),
      machineId: machineIdOf(data),
      entries: readEtcEntries(),
      systemdEntries: readSystemdEntries(),
      passwd: readFileSync('/etc/passwd', 'utf8'),
      group: readFileSync('/etc/group', 'utf8'),
      hasOwnLibraries: programs.libraryDirectory !== undefined,
      dataEtc: data.etc,
    }),
    planPrograms(programs),
    { entries: [directory(insideShared, 0o700)], mounts: [bind(join(data.sandbox, 'shared'), insideShared)] },
    planCompileCache(data),
  );
}

/** The cache lies with that of the user, so that a fresh data directory starts fast too. */
function planCompileCache(data: DataDirectory): RootPlan {
  const place = userCompileCache({ env: process.env });
  if (place === undefined) return { entries: [], mounts: [] };
  const { passwd } = addSystemUsers(readFileSync('/etc/passwd', 'utf8'), readFileSync('/etc/group', 'utf8'));
  for (const user of ['root', 'easycerts-ca']) {
    const id = userIdOf(passwd, user);
    if (id === undefined) continue;
    mkdirSync(join(place, String(id)), { recursive: true, mode: 0o755 });
    chownSync(join(place, String(id)), id, id);
  }
  mkdirSync(join(data.path, insideCompileCache), { recursive: true });
  return { entries: [], mounts: [bind(place, insideCompileCache)] };
}

/** A host keeps its id, so the sandbox's lies with its data. */
function machineIdOf(data: DataDirectory): string {
  const file = join(data.path, 'machine-id');
  const known = readIfThere(file)?.trim();
  if (known !== undefined && /^[0-9a-f]{32}$/.test(known)) return known;
  const id = randomBytes(16).toString('hex');
  writeFileSync(file, `${id}\n`);
  return id;
}
