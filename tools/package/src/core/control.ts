/** The control file of the Debian package (deb-control(5)). Pure. */

export interface ControlFacts {
  readonly version: string;
  /** Debian's word for the processor. */
  readonly architecture: string;
  readonly installedKiB: number;
}

/**
 * What has to be there. The first four are what Node.js' program is linked with (it is built on RHEL 8, so its needs are
 * old). The others are what our services, kube-proxy and kubelet call.
 */
const depends = [
  'libatomic1',
  'libc6 (>= 2.28)',
  'libgcc-s1',
  'libstdc++6 (>= 8)',
  'systemd (>= 247)',
  'conntrack',
  'iproute2',
  'iptables | nftables',
  'kmod',
  'mount',
];

/** A node needs them, in whichever package they come; a master without pods doesn't. */
const recommends = ['containerd | containerd.io', 'containernetworking-plugins', 'ethtool', 'runc | containerd.io'];

const description = `Description: Kubernetes cluster whose certificates keep themselves
 From a ten-line cluster.yaml, easycerts makes the certificate authorities of a
 cluster, issues and renews every certificate of every component, starts the
 components and restarts only what has to be restarted. A further host joins with
 one command and a token.
 .
 This package has the services, the commands ca, certmgr, config-renderer, joiner
 and nixos-kubernetes-node-join, and the message bus (nats-server). It needs no
 Node.js. It does not have the programs of Kubernetes (kubelet, kube-apiserver,
 etcd, ...): they are used as the host has them, by default in /usr/local/bin.`;

/** The text. */
export function controlText({ version, architecture, installedKiB }: ControlFacts): string {
  return `Package: easycerts
Version: ${version}
Architecture: ${architecture}
Maintainer: easycerts maintainers <maintainers@easycerts.example>
Installed-Size: ${installedKiB}
Depends: ${depends.join(', ')}
Recommends: ${recommends.join(', ')}
Suggests: cri-tools
Section: admin
Priority: optional
${description}
`;
}

/** Whether Debian accepts it as a version (deb-version(7)). */
export function isDebianVersion(text: string): boolean {
  return /^(\d+:)?\d[A-Za-z0-9.+~]*(-[A-Za-z0-9.+~]+)?$/.test(text);
}
