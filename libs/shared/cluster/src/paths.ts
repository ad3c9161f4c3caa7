/** Where everything lies: the standard paths, below a root that is empty on a real host. */

/** Absolute paths, none with a trailing slash. */
export interface Paths {
  readonly root: string;
  /** `/etc/easycerts`: what people write (cluster.yaml) and what config-renderer makes of it. */
  readonly clusterFile: string;
  /** On a node: what people may say about this host alone. */
  readonly nodeFile: string;
  /** On a node: the configuration and the record of this host, as the master gave them. */
  readonly receivedConfig: string;
  readonly receivedHost: string;
  readonly certificateSpecs: string;
  readonly componentSpecs: string;
  readonly natsConfig: string;
  /** `/etc/kubernetes`: kubeconfigs and component configurations. */
  readonly kubernetes: string;
  readonly systemdUnits: string;
  readonly cniConfig: string;
  readonly addons: string;
  /** Manifests applied with the rights of the super-admin. */
  readonly bootstrapAddons: string;
  /** `/var/lib/kubernetes/secrets`: one symbolic link a certificate set. */
  readonly secrets: string;
  readonly serviceAccountKeys: string;
  /** The token of a host that is joining, 0600; removed once the host has its identity. */
  readonly joinToken: string;
  /** `/var/lib/easycerts`: state of our own services. */
  readonly state: string;
  readonly ca: string;
  readonly hostIdentity: string;
  /** Certificate sets and seeds of the bus and of the CA's own server. */
  readonly natsIdentity: string;
  readonly caIdentity: string;
  /** Of the API of cfssl. */
  readonly cfsslIdentity: string;
  /** One symbolic link for each certificate set of the user's own. */
  readonly ownCertificates: string;
  readonly natsStore: string;
  readonly joinerState: string;
  readonly certmgrState: string;
  readonly rendererState: string;
  /** Which node document config-renderer has applied, and when. */
  readonly appliedConfig: string;
  readonly etcdData: string;
  readonly kubelet: string;
  readonly containerd: string;
  readonly logs: string;
  /** Written by nats-server, read by the CA for the audit of the bus. */
  readonly natsLog: string;
  readonly run: string;
  readonly flannelSubnet: string;
  readonly containerdSocket: string;
}

/** The standard paths below `root` ('' on a host, a data directory for a cluster of a developer without root). */
export function pathsUnder(root: string): Paths {
  const etc = `${root}/etc/easycerts`;
  const kubernetes = `${root}/etc/kubernetes`;
  const state = `${root}/var/lib/easycerts`;
  const secrets = `${root}/var/lib/kubernetes/secrets`;
  return Object.freeze({
    root,
    clusterFile: `${etc}/cluster.yaml`,
    nodeFile: `${etc}/node.yaml`,
    receivedConfig: `${etc}/received/cluster.yaml`,
    receivedHost: `${etc}/received/host.json`,
    certificateSpecs: `${etc}/certmgr.d`,
    componentSpecs: `${etc}/components.d`,
    natsConfig: `${etc}/nats.conf`,
    kubernetes,
    systemdUnits: `${root}/etc/systemd/system`,
    cniConfig: `${root}/etc/cni/net.d`,
    addons: `${kubernetes}/addons`,
    bootstrapAddons: `${kubernetes}/bootstrap-addons`,
    secrets,
    serviceAccountKeys: `${secrets}/service-account`,
    joinToken: `${secrets}/join-token`,
    state,
    ca: `${state}/ca`,
    hostIdentity: `${state}/host`,
    natsIdentity: `${state}/nats-identity`,
    caIdentity: `${state}/ca-identity`,
    cfsslIdentity: `${state}/cfssl-identity`,
    ownCertificates: `${state}/certificates`,
    natsStore: `${state}/nats`,
    joinerState: `${state}/joiner`,
    certmgrState: `${state}/certmgr`,
    rendererState: `${state}/config-renderer`,
    appliedConfig: `${state}/config-renderer/applied.json`,
    etcdData: `${root}/var/lib/etcd`,
    kubelet: `${root}/var/lib/kubelet`,
    containerd: `${root}/var/lib/containerd`,
    logs: `${root}/var/log/easycerts`,
    natsLog: `${root}/var/log/easycerts/nats/nats.log`,
    run: `${root}/run/easycerts`,
    flannelSubnet: `${root}/run/flannel/subnet.env`,
    containerdSocket: `${root}/run/containerd/containerd.sock`,
  });
}
