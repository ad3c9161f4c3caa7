/** `/dev` of a host that is made on this machine: what programs and containers expect, and no disk. */

/** Name below `/dev`, mode, major, minor: character devices (Documentation/admin-guide/devices.txt of Linux). */
export type DeviceNode = readonly [name: string, mode: string, major: number, minor: number];

export const deviceNodes: readonly DeviceNode[] = [
  ['null', '666', 1, 3],
  ['zero', '666', 1, 5],
  ['full', '666', 1, 7],
  ['random', '666', 1, 8],
  ['urandom', '666', 1, 9],
  ['tty', '666', 5, 0],
  // The kubelet follows the kernel's log for processes killed for want of memory.
  ['kmsg', '644', 1, 11],
];

/** The command that makes one below `root`, a word of the shell: `"$root"`. */
export function makeDeviceNode(root: string, [name, mode, major, minor]: DeviceNode): string {
  return `mknod -m ${mode} ${root}/dev/${name} c ${major} ${minor}`;
}
