/** The addresses of a group: one network, the switch has its first address, hosts those from the tenth on. Pure. */

import { addressAt, formatIp, parseCidr } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';

/**
 * It need not be free on the machine: the switch is in a namespace of its own, so nothing outside has a route there, and groups
 * may use the same one. It must not overlap the networks of pods and services.
 */
export const defaultNetwork = '10.77.0.0/24';

export interface GroupNetwork {
  readonly cidr: string;
  readonly prefixLength: number;
  readonly switchAddress: string;
  readonly cables: readonly Cable[];
}

/** What connects a host to the switch. */
export interface Cable {
  readonly host: string;
  readonly address: string;
  /** Of the host's end: the same after a reboot, so that nobody's neighbour table is wrong then. */
  readonly mac: string;
  /** The switch's end. */
  readonly port: string;
}

const firstHost = 10;

/** The network of these hosts, in their order. AppError INVALID_INPUT when it is no IPv4 network or too small. */
export function planNetwork(cidr: string, hosts: readonly string[]): GroupNetwork {
  const network = parseCidr(cidr);
  const textAt = (index: number): string | undefined => {
    const address = network && addressAt(network, BigInt(index));
    return address && formatIp(address);
  };
  const cables = hosts.flatMap((host, index): Cable[] => {
    const address = textAt(firstHost + index);
    return address === undefined ? [] : [{ host, address, mac: macOf(firstHost + index), port: `p${index}` }];
  });
  const switchAddress = textAt(1);
  // One more: the last address is for broadcasts.
  const isLargeEnough = textAt(firstHost + hosts.length) !== undefined;
  if (network?.family === 4 && switchAddress !== undefined && isLargeEnough) {
    return { cidr, prefixLength: network.prefixLength, switchAddress, cables };
  }
  throw new AppError('INVALID_INPUT', `${cidr}: not an IPv4 network with room for ${hosts.length} hosts`, {
    details: { cure: `use one like ${defaultNetwork}` },
  });
}

/** The file /etc/hosts of every host. */
export function hostsFile({ cables }: GroupNetwork): string {
  return ['127.0.0.1 localhost', '::1 localhost', ...cables.map(({ address, host }) => `${address} ${host}`), ''].join(
    '\n',
  );
}

/** Locally administered (IEEE 802: second-lowest bit of the first byte), unicast. */
function macOf(index: number): string {
  return `02:ec:00:00:${hex(index >> 8)}:${hex(index & 0xff)}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
