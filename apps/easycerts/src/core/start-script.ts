/**
 * The shell script that becomes the sandbox. Two stages, since a cgroup namespace shows the group that a process was in when
 * it was made, while v2 wants the processes themselves in a leaf:
 *
 *   launch   join our control groups → unshare cgroup → move to the leaf (v2) → unshare the rest, fork
 *   inside   PID 1: new root on a tmpfs, mounts, cable, pivot_root, exec the init program
 */

import { shellQuote } from '@easycerts/core';
import { type CgroupPlan, deviceNodes, makeDeviceNode } from '@easycerts/runtime';
import type { CableNetwork } from './choose-network.ts';
import type { Instance } from './instance.ts';
import { cgroupLinks, oldRoot, readOnlyInTheEnd } from './system-plan.ts';

export interface StartPlan {
  readonly instance: Instance;
  readonly hostName: string;
  readonly cgroups: CgroupPlan;
  readonly cable: CableNetwork;
  /** Folder of the machine where the new root is mounted, in the sandbox's own mount namespace. */
  readonly root: string;
  /** Folder with the new root's entries, copied there. */
  readonly skeleton: string;
  readonly fstab: string;
  /** Gets the process id that PID 1 has on the machine. */
  readonly pidFile: string;
  /** Folder inside with shared libraries that the machine lacks. */
  readonly libraries?: string;
  /** The init program and its arguments, as seen from inside. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Text of the script; it is called with `launch`. */
export function renderStartScript(plan: StartPlan): string {
  return `#!/bin/sh
# Written by \`easycerts up\` at every start; changes are lost.
set -eu
case $1 in
launch)
${indent(launchStage(plan))}
  ;;
isolate)
${indent(isolateStage(plan))}
  ;;
inside)
${indent(insideStage(plan))}
  ;;
esac
`;
}

function launchStage({ cgroups }: StartPlan): readonly string[] {
  return [
    ...cgroups.groups.map((group) => `echo 0 > ${shellQuote(`${group}/cgroup.procs`)}`),
    '# The machine’s network namespace, for the cable’s other end.',
    'exec 9< /proc/self/ns/net',
    'exec unshare --cgroup sh "$0" isolate',
  ];
}

function isolateStage({ cgroups: { delegation } }: StartPlan): readonly string[] {
  return [
    ...(delegation === undefined
      ? []
      : [
          `echo 0 > ${shellQuote(`${delegation.leaf}/cgroup.procs`)}`,
          ...delegation.controllers.map(
            (controller) => `echo +${controller} > ${shellQuote(`${delegation.group}/cgroup.subtree_control`)} || true`,
          ),
        ]),
    'exec unshare --fork --kill-child=KILL --pid --mount --propagation private --net --uts --ipc sh "$0" inside',
  ];
}

function insideStage(plan: StartPlan): readonly string[] {
  const { cgroups, command, env, fstab, hostName, libraries, pidFile, root, skeleton } = plan;
  return [
    '# /proc is still the machine’s: this is our number there.',
    'read -r pid _ < /proc/self/stat',
    `echo "$pid" > ${shellQuote(pidFile)}`,
    `root=${shellQuote(root)}`,
    'mount -t tmpfs -o mode=755 easycerts "$root"',
    `cp -a ${shellQuote(`${skeleton}/.`)} "$root"`,
    ...deviceNodes.map((node) => makeDeviceNode('"$root"', node)),
    `mount --all --fstab ${shellQuote(fstab)}`,
    ...cgroupLinks(cgroups).map(({ path, target }) => `ln -s ${shellQuote(target)} "$root"${shellQuote(path)}`),
    ...readOnlyInTheEnd.map((path) => `mount -o remount,bind,ro "$root"${path}`),
    `hostname ${shellQuote(hostName)}`,
    ...cableLines(plan),
    'cd "$root"',
    `pivot_root . .${oldRoot}`,
    `umount --lazy ${oldRoot}`,
    `rmdir ${oldRoot}`,
    ...(libraries === undefined ? [] : [`ldconfig -X ${shellQuote(libraries)}`]),
    '# What kubelet mounts for pods has to be seen by the containers, and nowhere else.',
    'mount --make-rshared /',
    `exec env -i ${Object.entries(env)
      .map(([name, value]) => shellQuote(`${name}=${value}`))
      .join(' ')} ${command.map(shellQuote).join(' ')}`,
  ];
}

/** A veth pair: our end `eth0` here, the other on the machine, routes and addresses on both, and nothing else touched. */
function cableLines({ cable, instance }: StartPlan): readonly string[] {
  const { machineAddress, prefixLength, sandboxAddress } = cable;
  const name = instance.interfaceName;
  return [
    "nsenter --net=/proc/self/fd/9 ip -batch - <<'EOF'",
    // 1: the network namespace of this very process, PID 1 of its PID namespace.
    `link add ${name} type veth peer name eth0 netns 1`,
    `link set dev ${name} alias ${batchQuote(instance.interfaceAlias)}`,
    `address add ${machineAddress}/${prefixLength} dev ${name}`,
    `link set ${name} up`,
    'EOF',
    'exec 9<&-',
    "ip -batch - <<'EOF'",
    'link set lo up',
    `address add ${sandboxAddress}/${prefixLength} dev eth0`,
    'link set eth0 up',
    `route add default via ${machineAddress}`,
    'EOF',
  ];
}

/** One word for `ip -batch`, which knows double quotes but no escapes; a line break would begin another command. */
function batchQuote(text: string): string {
  return `"${text.replace(/["\\\p{Cc}]/gu, '?')}"`;
}

/** Here-documents must stay at the beginning of the line, so only their surroundings are indented. */
function indent(lines: readonly string[]): string {
  let isInDocument = false;
  return lines
    .map((line) => {
      const text = isInDocument || line === 'EOF' ? line : `  ${line}`;
      if (line.endsWith("<<'EOF'")) isInDocument = true;
      else if (line === 'EOF') isInDocument = false;
      return text;
    })
    .join('\n');
}
