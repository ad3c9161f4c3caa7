/** flannel's network, and the CNI configuration that follows from the subnet it was given. */

import { type ComponentContext, formatIp, parseCidr, type RenderedFile } from '@easycerts/cluster';
import { jsonFile } from './yaml-file.ts';

/** What flanneld writes to subnet.env. */
export interface FlannelSubnet {
  /** This host's part of the cluster network, as CIDR with the gateway's address: `10.1.7.1/24`. */
  readonly subnet: string;
  readonly mtu: number;
}

/** Reads subnet.env; undefined while it is not (wholly) written. */
export function parseSubnetEnv(text: string): FlannelSubnet | undefined {
  const values = new Map(
    text.split('\n').map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1).trim()]),
  );
  const subnet = values.get('FLANNEL_SUBNET');
  const mtu = values.get('FLANNEL_MTU');
  if (subnet === undefined || parseCidr(subnet) === undefined || !/^\d{3,5}$/.test(mtu ?? '')) return undefined;
  return { subnet, mtu: Number(mtu) };
}

/** flanneld's net-conf.json. */
export function flannelFiles({ config, paths }: ComponentContext): readonly RenderedFile[] {
  if (!config.flannel.enable) return [];
  const { family } = parseCidr(config.clusterCidr) ?? { family: 4 };
  const network =
    family === 4
      ? { Network: config.clusterCidr }
      : { EnableIPv4: false, EnableIPv6: true, IPv6Network: config.clusterCidr };
  return [
    jsonFile(
      { path: `${paths.kubernetes}/flannel-network.json`, owner: 'root', mode: 0o644 },
      { ...network, Backend: { Type: config.flannel.backend } },
    ),
  ];
}

/** The CNI network of this host's pods: bridge, host-local, portmap; none before flannel has its subnet. */
export function cniFiles(
  { config, paths }: ComponentContext,
  subnet: FlannelSubnet | undefined,
): readonly RenderedFile[] {
  const network = subnet === undefined ? undefined : parseCidr(subnet.subnet);
  if (!config.flannel.enable || subnet === undefined || network === undefined) return [];
  const { family, first, prefixLength } = network;
  const conflist = {
    cniVersion: '0.4.0',
    name: 'easycerts',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        hairpinMode: true,
        // flanneld masquerades what leaves the cluster
        ipMasq: false,
        mtu: subnet.mtu,
        ipam: {
          type: 'host-local',
          dataDir: `${paths.root}/var/lib/cni/networks`,
          ranges: [[{ subnet: `${formatIp({ family, value: first })}/${prefixLength}` }]],
          routes: [{ dst: family === 4 ? '0.0.0.0/0' : '::/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  return [jsonFile({ path: `${paths.cniConfig}/10-easycerts.conflist`, owner: 'root', mode: 0o644 }, conflist)];
}
