/** parseClusterConfig: YAML of people. What is accepted can be printed and read again as the same. */

import { fuzz } from '@easycerts/testing/fuzz';
import { parseClusterConfig } from '../src/config/parse-cluster-config.ts';

fuzz({
  name: 'cluster-config',
  format: 'text',
  seeds: [
    'roles: [master, node]\nmasterAddress: api.kube.example\n',
    'masterAddress: 192.0.2.10\nroles: [master]\npki: {keyAlgorithm: rsa-2048, validity: 30d}\n',
    'masterAddress: m\nroles: [master]\napiserver:\n  serviceClusterIpRange: "fd00:96::/112"\n  extraSANs: [a, 10.1.2.3]\n',
    '{"masterAddress": "m", "roles": ["master", "node"], "kubelet": {"taints": {"a": {"key": "a", "value": "b", "effect": "NoSchedule"}}}}\n',
  ],
  words: [
    '&a ',
    '*a',
    '<<: ',
    '!!js ',
    '{',
    '[',
    '- ',
    ': ',
    '\n  ',
    'true',
    '0x7f',
    '1e9',
    '__proto__',
    '.inf',
    '|\n',
  ],
  refusals: ['INVALID_CONFIG'],
  // Every key that is unknown is compared with all that there are; YAML of aliases grows.
  limits: {
    messageLength: 25_000,
    timeMs: 60,
    timeMsPerKiB: 40,
    allocatedBytes: 16 * 1_024 * 1_024,
    allocatedBytesPerByte: 20_000,
  },
  read: (input) => parseClusterConfig(Buffer.from(input).toString('utf8'), 'cluster.yaml'),
});
