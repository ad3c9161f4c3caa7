/** flanneld: re-reads its client certificate; its CA file never (client-go 0.34). */

import { unitOf } from '../component-name.ts';
import type { ComponentSpec } from '../component-spec.ts';
import {
  type ComponentContext,
  flags,
  kubeconfigPath,
  mutualTlsCheck,
  nodeAddress,
  readAtStart,
  uses,
} from './component-context.ts';

export function flannel(context: ComponentContext): ComponentSpec {
  const { config, host, paths } = context;
  const networkFile = `${paths.kubernetes}/flannel-network.json`;
  const kubeconfig = kubeconfigPath(context, 'flannel');
  const server = config.flannel.kubeconfig.server ?? config.apiserverAddress;
  return {
    component: 'flannel',
    unit: unitOf.flannel,
    description: 'flannel, the network between the pods of all hosts',
    argv: [
      `${config.binDir}/flanneld`,
      ...flags({
        'kube-subnet-mgr': true,
        'kubeconfig-file': kubeconfig,
        'net-config-path': networkFile,
        'subnet-file': paths.flannelSubnet,
        'ip-masq': true,
        iface: config.flannel.interface ?? nodeAddress(context),
      }),
      ...config.flannel.extraOpts,
    ],
    env: {
      NODE_NAME: host.name,
      PATH: `${config.binDir}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    },
    user: 'root',
    group: 'root',
    startAfter: config.kubelet.enable ? [unitOf.kubelet] : [],
    files: readAtStart(networkFile, kubeconfig),
    certificates: uses(context, 'flannel-client', { leaf: 'none', bundle: 'restart' }),
    directories: [],
    // it ends by itself while it may not read its Node, or the Node has no podCIDR; for the Node to be there at all it waits
    startWhen: {
      ...mutualTlsCheck(context, 'flannel-client', `${server}/api/v1/nodes/${host.name}`, config.flannel.kubeconfig),
      bodyIncludes: '"podCIDR"',
      orNotFound: true,
    },
    health: { kind: 'file', path: paths.flannelSubnet },
    startTimeoutMs: 120_000,
    stopTimeoutMs: 10_000,
    killMode: 'control-group',
    systemdOptions: ['NoNewPrivileges=yes', 'ProtectHome=yes', 'PrivateTmp=yes', 'RestrictSUIDSGID=yes'],
  };
}
