/** The schema of cluster.yaml, whole. docs/config/ is generated from it. */

import { z } from 'zod';
import { keyAlgorithms } from '../certificate-spec.ts';
import { roles } from '../component-name.ts';
import { certificatesOptions } from './certificate-options.ts';
import {
  addonManagerOptions,
  addonsOptions,
  apiserverOptions,
  containerdOptions,
  controllerManagerOptions,
  etcdOptions,
  flannelOptions,
  kubeletOptions,
  proxyOptions,
  schedulerOptions,
} from './component-options.ts';
import { absolutePath, cidr, durationS, featureGates, hostName, nameOrAddress, port } from './option-types.ts';

/** The usages of cfssl that a leaf of ours can have; it knows twenty more. */
export const cfsslUsages = ['signing', 'digital signature', 'key encipherment', 'server auth', 'client auth'] as const;

const cfsslProfileOptions = z.strictObject({
  usages: z
    .array(z.enum(cfsslUsages))
    .min(1)
    .optional()
    .describe(
      'the usages that its certificates may have at most; without `server auth` and `client auth`: as the list says',
    ),
  expiry: durationS.optional().describe('longest lifetime of its certificates; never longer than `pki.validity`'),
  commonNameAsHost: z
    .boolean()
    .default(true)
    .describe('whether a client certificate may name its common name among its hosts, as certmgr specs of NixOS do'),
  unauthenticatedHost: hostName
    .optional()
    .describe(
      'anybody who reaches the port gets the certificates of this host, without a key; for closed networks only',
    ),
});

const cfsslOptions = z
  .strictObject({
    enable: z.boolean().default(false).describe('whether the CA serves the API of cfssl (docs/cfssl.md)'),
    port: port.default(8888).describe('where it serves it'),
    newkey: z.boolean().default(false).describe('whether `newkey` makes private keys for those who ask'),
    profiles: z
      .record(z.string().regex(/^[A-Za-z0-9_-]{1,63}$/), cfsslProfileOptions)
      .default({})
      .describe('profiles by name; `default` is there in any case, and yields what the certificate list does'),
  })
  .prefault({});

const pkiOptions = z
  .strictObject({
    grpcPort: port.default(7443).describe('where the CA serves gRPC'),
    httpsPort: port.default(7444).describe('where the CA serves /healthz and /metrics'),
    enrolPort: port.default(7445).describe('where the CA lets machines with a join token in'),
    keyAlgorithm: z.enum(keyAlgorithms).default('ecdsa-p256').describe('kind of the keys that are made'),
    validity: durationS.prefault('30d').describe('lifetime of a certificate; renewed at two thirds of it'),
    authorityValidity: durationS.prefault('3650d').describe('lifetime of the CA certificates that `ca init` makes'),
    commonNamePrefix: z
      .string()
      .regex(/^[A-Za-z0-9 ._-]{1,40}$/)
      .default('easycerts')
      .describe('begins the common name of every CA'),
    cfssl: cfsslOptions,
  })
  .prefault({});

const busOptions = z
  .strictObject({
    port: port.default(4222).describe('where nats-server listens'),
    program: absolutePath.optional().describe('nats-server; default: the one in `binDir`'),
  })
  .prefault({});

/** cluster.yaml: strict (an unknown key is a problem), every option with its default, but for `masterAddress`. */
export const clusterConfigSchema = z.strictObject({
  roles: z
    .array(z.enum(roles))
    .default([])
    .describe('what this host is: `master`, `node`, both, or nothing (components by hand)'),
  masterAddress: nameOrAddress.describe('where every node reaches the master; `localhost` for one machine'),
  apiserverAddress: z
    .url()
    .optional()
    .describe('default: https:// and `apiserver.advertiseAddress` or `masterAddress`, and the port'),
  clusterCidr: cidr.default('10.1.0.0/16').describe('the network of the pods'),
  easyCerts: z
    .boolean()
    .optional()
    .describe('whether certificates come from our CA; default true once there are roles'),
  caFile: absolutePath.optional().describe('CA certificates that every component trusts, with foreign certificates'),
  featureGates: featureGates.default({}).describe('for every Kubernetes component'),
  binDir: absolutePath
    .default('/usr/local/bin')
    .describe('where kube-apiserver, kubelet, etcd, nats-server and the others lie'),
  easycertsCommand: z
    .array(z.string().min(1))
    .min(1)
    .default(['/usr/bin/easycerts'])
    .describe('how our own services are started'),
  containerd: containerdOptions,
  etcd: etcdOptions,
  apiserver: apiserverOptions,
  controllerManager: controllerManagerOptions,
  scheduler: schedulerOptions,
  addonManager: addonManagerOptions,
  kubelet: kubeletOptions,
  proxy: proxyOptions,
  flannel: flannelOptions,
  addons: addonsOptions,
  pki: pkiOptions,
  bus: busOptions,
  certificates: certificatesOptions,
});

/** What cluster.yaml says, with the schema's defaults, before roles are resolved. */
export type GivenConfig = z.output<typeof clusterConfigSchema>;
