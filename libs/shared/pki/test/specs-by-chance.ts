/** Certificates of the list for a cluster and a host that nobody would think of. */

import {
  type CertificateSpec,
  formatIp,
  type HostRecord,
  parseClusterConfig,
  pathsUnder,
  type Role,
  resolveCertificates,
} from '@easycerts/cluster';
import type { Chance } from '@easycerts/testing/fuzz';

/** Every certificate of one host of a role. */
export function specsByChance(chance: Chance, role: Role): readonly CertificateSpec[] {
  const settings = {
    roles: ['master', 'node'],
    masterAddress: chance.onceIn(3) ? addressByChance(chance) : nameByChance(chance),
    addons: { dns: { clusterDomain: `${labelByChance(chance)}.${labelByChance(chance)}` } },
    apiserver: {
      serviceClusterIpRange: chance.oneOf(['10.0.0.0/24', '10.96.0.0/12', '172.16.128.0/25', 'fd00:96::/112']),
      extraSANs: Array.from({ length: chance.below(5) }, () =>
        chance.onceIn(3) ? addressByChance(chance) : nameByChance(chance),
      ),
    },
  };
  const host: HostRecord = {
    name: labelByChance(chance),
    roles: role === 'node' ? ['node'] : ['master', 'node'],
    addresses: Array.from({ length: chance.below(4) }, () => addressByChance(chance)),
  };
  return resolveCertificates(parseClusterConfig(JSON.stringify(settings), 'by chance'), host, pathsUnder(''));
}

function nameByChance(chance: Chance): string {
  return Array.from({ length: 1 + chance.below(4) }, () => labelByChance(chance)).join('.');
}

/** A label of a host name: up to 63 letters, digits and hyphens (RFC 1123 §2.1). */
function labelByChance(chance: Chance): string {
  const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
  const length = chance.onceIn(8) ? 63 : 1 + chance.below(12);
  const text = Array.from({ length }, () => (chance.onceIn(6) ? '-' : chance.oneOf(letters))).join('');
  return `x${text}`.replace(/-+$/, 'z').slice(0, 63).replace(/-$/, '0');
}

function addressByChance(chance: Chance): string {
  if (!chance.onceIn(3)) return `192.0.2.${1 + chance.below(254)}`;
  const groups = Array.from({ length: 4 }, () => BigInt(chance.onceIn(2) ? 0 : chance.below(65_536)));
  const value = groups.reduce((sum, group) => (sum << 16n) | group, 0x2001_0db8_0000_0000n);
  return formatIp({ family: 6, value });
}
