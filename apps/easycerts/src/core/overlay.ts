/**
 * What a developer's cluster knows about the place it runs in, laid beneath the user's cluster.yaml: whatever the user says
 * himself counts more.
 */

import { insidePaths } from './programs-plan.ts';

export interface ImageFacts {
  readonly ref: string;
  readonly archive: string;
}

export interface SandboxOverlayFacts {
  readonly sandboxAddress: string;
  readonly hostName: string;
  readonly images: { readonly pause: ImageFacts; readonly coredns: ImageFacts };
}

/** Where the addresses of a cluster on loopback lie: nobody else on the network reaches it. */
const loopback = '127.0.0.1';

/** For the sandbox: everything is where an installed host has it. */
export function sandboxOverlay({ sandboxAddress, hostName, images }: SandboxOverlayFacts): string {
  return format({
    binDir: insidePaths.bin,
    easycertsCommand: [insidePaths.node, insidePaths.main],
    apiserver: { advertiseAddress: sandboxAddress },
    kubelet: {
      nodeIp: sandboxAddress,
      hostname: hostName,
      cni: { binDir: insidePaths.cniBin },
      sandboxImage: images.pause.ref,
      // A node that was Ready before a restart would only be reported again after ten seconds.
      extraConfig: { nodeStatusUpdateFrequency: '2s' },
    },
    flannel: { interface: 'eth0' },
    addons: { dns: { image: images.coredns.ref, replicas: 1 } },
  });
}

export interface PlainOverlayFacts {
  readonly binDir: string;
  /** How this program is called. */
  readonly easycertsCommand: readonly string[];
}

/** Without root: the control plane on loopback, and nothing that would need a node. */
export function plainOverlay({ binDir, easycertsCommand }: PlainOverlayFacts): string {
  const off = { enable: false };
  return format({
    binDir,
    easycertsCommand,
    apiserver: { advertiseAddress: loopback, bindAddress: loopback },
    kubelet: { ...off, nodeIp: loopback },
    containerd: off,
    proxy: off,
    flannel: off,
    addons: { dns: off },
  });
}

/** JSON is YAML too. */
function format(value: unknown): string {
  return `# Written by \`easycerts up\` at every start. Settings belong into cluster.yaml, which counts more than this file.\n${JSON.stringify(value, undefined, 2)}\n`;
}
