/**
 * THE list of Debian packages that are unpacked into the cache and never installed, so that the machine's own container
 * runtime and services stay as they were.
 */

import type { Group } from './groups.ts';
import type { VersionRule } from './version.ts';

export type DebBinaryName = 'containerd' | 'containerd-shim-runc-v2' | 'ctr' | 'runc' | 'tini' | 'busybox';

export interface DebBinary<Name extends string = string> {
  readonly name: Name;
  /** Where the package has it, from its root. */
  readonly file: string;
  readonly versionArgs?: readonly string[];
  readonly usable: VersionRule;
  /** It goes into an image or another root file system, where its shared libraries are missing. */
  readonly mustBeStatic?: boolean;
}

export interface DebPackage<Name extends string = string> {
  readonly name: string;
  readonly binaries: readonly DebBinary<Name>[];
  /** Folder of CNI plugins in the package, from its root. */
  readonly cniFolder?: string;
}

const any: VersionRule = { kind: 'any' };

export const debPackages: readonly (DebPackage<DebBinaryName> & { readonly group: Group })[] = [
  {
    name: 'containerd',
    group: 'node',
    binaries: [
      {
        name: 'containerd',
        file: 'usr/bin/containerd',
        versionArgs: ['--version'],
        usable: { kind: 'at-least', version: '1.6.0' },
      },
      { name: 'containerd-shim-runc-v2', file: 'usr/bin/containerd-shim-runc-v2', usable: any },
      { name: 'ctr', file: 'usr/bin/ctr', usable: any },
    ],
  },
  {
    name: 'runc',
    group: 'node',
    binaries: [
      {
        name: 'runc',
        file: 'usr/sbin/runc',
        versionArgs: ['--version'],
        usable: { kind: 'at-least', version: '1.1.0' },
      },
    ],
  },
  { name: 'containernetworking-plugins', group: 'node', binaries: [], cniFolder: 'usr/lib/cni' },
  {
    name: 'tini',
    group: 'node',
    binaries: [{ name: 'tini', file: 'usr/bin/tini-static', usable: any, mustBeStatic: true }],
  },
  {
    name: 'busybox-static',
    group: 'all',
    binaries: [{ name: 'busybox', file: 'bin/busybox', usable: any, mustBeStatic: true }],
  },
];

/** The plugins a node's network configuration uses; Debian's package has no `flannel` plugin, so it is not among them. */
export const neededCniPlugins: readonly string[] = ['bridge', 'host-local', 'loopback', 'portmap'];

/** Where distributions put CNI plugins. */
export const usualCniFolders: readonly string[] = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'];

/** Debian package of a shared library that an unpacked program may miss. */
export const packageOfLibrary: Readonly<Record<string, string>> = {
  'libseccomp.so.2': 'libseccomp2',
  'libluajit-5.1.so.2': 'libluajit-5.1-2',
};
