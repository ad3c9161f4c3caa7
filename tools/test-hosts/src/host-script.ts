/**
 * The shell script that is a host's power supply. Pure.
 *
 *   launch     join the host's control groups → a cgroup namespace rooted there
 *   supervise  in a loop as long as the host reboots:
 *                network   a fresh network namespace with a cable to the switch
 *                inside    PID 1 of new namespaces: mount the root, pivot_root, become systemd
 *   exec       join the host's control groups and namespaces, become the command
 *
 * v2 lets no process sit in a group that hands controllers down, and systemd hands them down from the root of its cgroup
 * namespace. So there the supervisor has a leaf beside it, and PID 1 starts where systemd moves itself anyway: `init.scope`.
 */

import { shellQuote } from '@easycerts/core';
import type { HostPlan } from './host-plan.ts';
import { rootLines } from './host-root.ts';

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** How PID 1 ends when systemd asks for a reboot: SIGHUP (pid_namespaces(7)), 129 for a shell. */
const rebootCode = 129;

/** Text of the script. */
export function renderHostScript(plan: HostPlan): string {
  return `#!/bin/sh
# Written when the host was made.
set -eu
case $1 in
launch)
${indent(launchLines(plan))}
  ;;
supervise)
${indent(superviseLines(plan))}
  ;;
network)
${indent(networkLines(plan))}
  ;;
inside)
${indent(insideLines(plan))}
  ;;
exec)
${indent(execLines(plan))}
  ;;
esac
`;
}

function launchLines({ groups }: HostPlan): readonly string[] {
  return [
    ...groups.flatMap((group) => [`mkdir -p ${shellQuote(group)}`, joinLine(group)]),
    'exec unshare --cgroup sh "$0" supervise',
  ];
}

function superviseLines({ cgroups, groups, names, host, folders }: HostPlan): readonly string[] {
  const leaves = cgroups.layout === 'v2' ? groups.map((group) => `${group}/supervisor`) : [];
  return [
    ...leaves.flatMap((leaf) => [`mkdir -p ${shellQuote(leaf)}`, joinLine(leaf)]),
    'while :; do',
    '  sh "$0" network',
    '  code=0',
    `  nsenter --net=/run/netns/${names.hostNamespace(host)} \\`,
    '    unshare --fork --kill-child=KILL --pid --mount --propagation private --uts --ipc sh "$0" inside || code=$?',
    `  rm -f ${shellQuote(folders.init)}`,
    `  if [ "$code" != ${rebootCode} ]; then exit "$code"; fi`,
    'done',
  ];
}

/** Fresh at every start: interfaces, rules and connections of the start before are not to be found again. */
function networkLines({ names, network, cable, host, folders }: HostPlan): readonly string[] {
  const [own, hub] = [names.hostNamespace(host), names.switchNamespace];
  const { port, mac, address } = cable;
  return [
    `ip netns del ${own} 2> /dev/null || :`,
    `ip -n ${hub} link del ${port} 2> /dev/null || :`,
    `ip netns add ${own}`,
    `ip -n ${hub} link add ${port} type veth peer name eth0 address ${mac} netns ${own}`,
    `ip -n ${hub} link set ${port} master br0`,
    `[ -e ${shellQuote(folders.cut)} ] || ip -n ${hub} link set ${port} up`,
    `ip -n ${own} -batch - << 'EOF'`,
    'link set lo up',
    `address add ${address}/${network.prefixLength} dev eth0`,
    'link set eth0 up',
    `route add default via ${network.switchAddress} dev eth0 onlink`,
    'EOF',
  ];
}

function insideLines(plan: HostPlan): readonly string[] {
  const { cgroups, groups, folders, host } = plan;
  return [
    '# /proc is still the machine’s: this is what we are called there. Told only when the root is the host’s own, because',
    '# whoever reads it goes there.',
    `read -r stat < /proc/self/stat; exec 3> ${shellQuote(folders.init)}`,
    ...(cgroups.layout === 'v2'
      ? groups.flatMap((group) => [`mkdir -p ${shellQuote(`${group}/init.scope`)}`, joinLine(`${group}/init.scope`)])
      : []),
    `hostname ${shellQuote(host)}`,
    ...rootLines(plan),
    'echo "$stat" >&3; exec 3>&-',
    `exec env -i container=test-host PATH=${path} /lib/systemd/systemd --system`,
  ];
}

/** `exec <pid> <user> <word>…` */
function execLines({ cgroups, groups }: HostPlan): readonly string[] {
  // Beside systemd's own groups. In v1 a controller's hierarchy has none, so what runs sits with the host itself.
  const own = groups.map((group) =>
    cgroups.layout === 'v2' || /\/(systemd|unified)\/[^/]+\/[^/]+$/.test(group) ? `${group}/exec` : group,
  );
  return [
    'pid=$2 user=$3',
    'shift 3',
    ...own.flatMap((group) => [`mkdir -p ${shellQuote(group)}`, joinLine(group)]),
    `if [ "$user" != root ]; then set -- sh -c 'exec setpriv --reuid "$0" --regid "$(id -g "$0")" --init-groups --reset-env -- "$@"' "$user" "$@"; fi`,
    'exec nsenter --target "$pid" --all --root --wd \\',
    `  env -i PATH=${path} HOME=/root USER=root LANG=C.UTF-8 TERM="\${TERM:-dumb}" "$@"`,
  ];
}

function joinLine(group: string): string {
  return `echo 0 > ${shellQuote(`${group}/cgroup.procs`)}`;
}

/** Here-documents must stay at the beginning of the line, so only their surroundings are indented. */
function indent(lines: readonly string[]): string {
  let isInDocument = false;
  return lines
    .map((line) => {
      const text = isInDocument || line === 'EOF' ? line : `  ${line}`;
      if (line.endsWith("<< 'EOF'")) isInDocument = true;
      else if (line === 'EOF') isInDocument = false;
      return text;
    })
    .join('\n');
}
