/** THE list of programs that are built from Go modules, in the order they are built. Versions live in `go/<module>/go.mod`. */

import type { Group } from './groups.ts';
import type { VersionRule } from './version.ts';

export type GoBinaryName =
  | 'nats-server'
  | 'etcd'
  | 'etcdctl'
  | 'etcdutl'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubectl'
  | 'kubelet'
  | 'kube-proxy'
  | 'flanneld'
  | 'coredns'
  | 'pause'
  | 'nats'
  | 'cfssl'
  | 'cfssljson';

export interface GoBinary<Name extends string = string> {
  readonly name: Name;
  /** Folder below `go/` whose go.mod pins it. */
  readonly module: string;
  /** The required module whose version is the program's version; undefined for a program of our own. */
  readonly requires?: string;
  /** What `go build` is given. */
  readonly package: string;
  /** Go variables that get a version at link time (`-X`), by their path. */
  readonly stamp: (version: string) => Readonly<Record<string, string>>;
  /** How to ask a program for its version; undefined when it cannot be asked. */
  readonly versionArgs?: readonly string[];
  readonly usable: VersionRule;
  /** It goes into an image, where there are no shared libraries. */
  readonly mustBeStatic?: boolean;
  /** A program of this repository: another that is called the same is not it, so it is never taken from PATH. */
  readonly isOurs?: boolean;
  /** A package of the required module that is built empty, and why: see stubbed-module.ts. */
  readonly stub?: { readonly folder: string; readonly source: string };
}

/** One of the list. */
export type ListedBinary = GoBinary<GoBinaryName> & {
  /** The smallest group that has it. */
  readonly group: Group;
};

const noStamp = (): Readonly<Record<string, string>> => ({});
const sameMinor: VersionRule = { kind: 'same-minor' };
const atLeast = (version: string): VersionRule => ({ kind: 'at-least', version });

/** flannel's UDP backend needs a C compiler on amd64; nobody who has vxlan uses it, so it is left out. */
const udpBackend = {
  folder: 'pkg/backend/udp',
  source: '// Package udp is left out: on amd64 it needs a C compiler.\npackage udp\n',
};

/** Order is build order: what others wait for first, and kube-apiserver before the programs that share its packages. */
export const goBinaries: readonly ListedBinary[] = [
  {
    name: 'nats-server',
    group: 'bus',
    module: 'nats-server',
    requires: 'github.com/nats-io/nats-server/v2',
    package: 'github.com/nats-io/nats-server/v2',
    stamp: noStamp,
    versionArgs: ['--version'],
    usable: atLeast('2.12.0'),
  },
  etcd('etcd', 'server', ['--version']),
  etcd('etcdctl', 'etcdctl', ['version']),
  etcd('etcdutl', 'etcdutl', ['version']),
  kubernetes('kube-apiserver', 'control-plane'),
  kubernetes('kube-controller-manager', 'control-plane'),
  kubernetes('kube-scheduler', 'control-plane'),
  kubernetes('kubectl', 'control-plane', ['version', '--client']),
  kubernetes('kubelet', 'node'),
  kubernetes('kube-proxy', 'node'),
  {
    name: 'flanneld',
    group: 'node',
    module: 'flannel',
    requires: 'github.com/flannel-io/flannel',
    package: 'github.com/flannel-io/flannel',
    stamp: (version) => ({ 'github.com/flannel-io/flannel/pkg/version.Version': `v${version}` }),
    versionArgs: ['--version'],
    usable: atLeast('0.26.0'),
    stub: udpBackend,
  },
  {
    name: 'coredns',
    group: 'node',
    module: 'coredns',
    requires: 'github.com/coredns/coredns',
    package: 'github.com/coredns/coredns',
    stamp: noStamp,
    versionArgs: ['-version'],
    usable: atLeast('1.12.0'),
    mustBeStatic: true,
  },
  {
    name: 'pause',
    group: 'node',
    module: 'pause',
    package: '.',
    stamp: noStamp,
    usable: { kind: 'any' },
    mustBeStatic: true,
    isOurs: true,
  },
  {
    name: 'nats',
    group: 'all',
    module: 'natscli',
    requires: 'github.com/nats-io/natscli',
    package: 'github.com/nats-io/natscli/nats',
    stamp: (version) => ({ 'main.version': version }),
    versionArgs: ['--version'],
    usable: atLeast('0.2.0'),
  },
  cfssl('cfssl', ['version']),
  cfssl('cfssljson', ['-version']),
];

function kubernetes(name: GoBinaryName, group: Group, versionArgs: readonly string[] = ['--version']): ListedBinary {
  return {
    name,
    group,
    module: 'kubernetes',
    requires: 'k8s.io/kubernetes',
    package: `k8s.io/kubernetes/cmd/${name}`,
    stamp: kubernetesStamp,
    versionArgs,
    usable: sameMinor,
  };
}

/** Both packages, as upstream's hack/lib/version.sh does: the second is the version in the User-Agent of audit logs. */
function kubernetesStamp(version: string): Readonly<Record<string, string>> {
  const [major = '', minor = ''] = version.split('.');
  const facts = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return Object.fromEntries(packages.flatMap((path) => Object.entries(facts).map(([k, v]) => [`${path}.${k}`, v])));
}

function etcd(name: GoBinaryName, folder: string, versionArgs: readonly string[]): ListedBinary {
  const module = `go.etcd.io/etcd/${folder}/v3`;
  return {
    name,
    group: 'control-plane',
    module: 'etcd',
    requires: module,
    package: module,
    stamp: noStamp,
    versionArgs,
    usable: sameMinor,
  };
}

function cfssl(name: GoBinaryName, versionArgs: readonly string[]): ListedBinary {
  return {
    name,
    group: 'all',
    module: 'cfssl',
    requires: 'github.com/cloudflare/cfssl',
    package: `github.com/cloudflare/cfssl/cmd/${name}`,
    stamp: (version) => ({ 'github.com/cloudflare/cfssl/cli/version.version': version }),
    versionArgs,
    usable: atLeast('1.6.0'),
  };
}
