/** parseKubeconfig: YAML that another program may have written. */

import { fuzz } from '@easycerts/testing/fuzz';
import { parseKubeconfig } from '../src/parse-kubeconfig.ts';

const pem = Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n').toString('base64');

fuzz({
  name: 'kubeconfig',
  format: 'text',
  seeds: [
    `apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nclusters: [{name: k, cluster: {server: "https://m:6443", certificate-authority: ca.crt}}]\nusers: [{name: u, user: {client-certificate: a.crt, client-key: a.key}}]\n`,
    `current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nclusters: [{name: k, cluster: {server: "https://[::1]:6443/", tls-server-name: m, certificate-authority-data: ${pem}}}]\nusers: [{name: u, user: {client-certificate-data: ${pem}, client-key-data: ${pem}}}]\n`,
  ],
  words: ['&a ', '*a', '<<: ', 'https://', '__proto__', '- ', ': ', '../'],
  refusals: ['DAMAGED'],
  limits: { timeMs: 60, timeMsPerKiB: 40, allocatedBytes: 16 * 1_024 * 1_024, allocatedBytesPerByte: 20_000 },
  read: (input) => parseKubeconfig(Buffer.from(input).toString('utf8'), '/etc/kubernetes/admin.conf'),
});
