/** Which four addresses the cable between the machine and the sandbox gets: private ones that the machine knows no way to. */

import { addressAt, formatIp, type IpNetwork, overlaps, parseCidr, sizeOf } from '@easycerts/cluster';

/** The network of the cable: a /30, one address for each end. */
export interface CableNetwork {
  readonly cidr: string;
  readonly machineAddress: string;
  readonly sandboxAddress: string;
  readonly prefixLength: number;
}

export interface NetworkQuestion {
  /** Hexadecimal digits of the instance: two clusters start looking at different places. */
  readonly id: string;
  /** Networks the machine has routes to, and those that the cluster itself will use. Texts that are no network are ignored. */
  readonly taken: readonly string[];
  /** The choice of the last start: kept when still free, since certificates name the address. */
  readonly previous?: string;
}

/** Private ranges (RFC 1918, RFC 6598), in the order of how seldom others use them. */
const ranges = ['10.231.0.0/16', '100.99.0.0/16', '172.29.0.0/16', '192.168.231.0/24'];
const prefixLength = 30;
const cableSize = 4n;

/** A free network for the cable; undefined when every candidate overlaps something. */
export function chooseNetwork({ id, taken, previous }: NetworkQuestion): CableNetwork | undefined {
  const occupied = taken.map(parseCidr).filter((network) => network !== undefined);
  const isFree = (network: IpNetwork): boolean => !occupied.some((other) => overlaps(network, other));
  const last = previous === undefined ? undefined : parseCidr(previous);
  if (last !== undefined && last.family === 4 && last.prefixLength === prefixLength && isFree(last))
    return cableOf(last);
  for (const range of ranges) {
    const found = firstFreeIn(range, BigInt(`0x${id}`), isFree);
    if (found !== undefined) return cableOf(found);
  }
  return undefined;
}

/** Looks through a whole range, from a place that depends on the instance. */
function firstFreeIn(range: string, start: bigint, isFree: (network: IpNetwork) => boolean): IpNetwork | undefined {
  const network = parseCidr(range);
  if (network === undefined) return undefined;
  const slots = sizeOf(network) / cableSize;
  for (let tried = 0n; tried < slots; tried++) {
    const first = addressAt(network, ((start + tried) % slots) * cableSize);
    const candidate = first && { family: first.family, first: first.value, prefixLength };
    if (candidate !== undefined && isFree(candidate)) return candidate;
  }
  return undefined;
}

function cableOf(network: IpNetwork): CableNetwork | undefined {
  const [first, machine, sandbox] = [0n, 1n, 2n].map((index) => addressAt(network, index));
  if (first === undefined || machine === undefined || sandbox === undefined) return undefined;
  return {
    cidr: `${formatIp(first)}/${prefixLength}`,
    machineAddress: formatIp(machine),
    sandboxAddress: formatIp(sandbox),
    prefixLength,
  };
}
