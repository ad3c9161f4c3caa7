/** Where everything lies: the standard paths, below a root that is empty on a real host. */

/** Absolute paths, none with a trailing slash. */
export interface Paths {
  readonly root: string;
  /** `/etc/easycerts`: what people write (cluster.yaml) and what config-renderer makes of it. */
  readonly clusterFile: string;
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
  /** `/var/lib/easycerts`: state of our own services. */
  readonly state: string;
  readonly ca: string;
  readonly hostIdentity: string;
  /** Certificate sets and seeds of the bus and of the CA's own server. */
  readonly natsIdentity: string;
  readonly caIdentity: string;
  readonly natsStore: string;
  readonly joinerState: string;
  readonly certmgrState: string;
  readonly rendererState: string;
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
    state,
    ca: `${state}/ca`,
    hostIdentity: `${state}/host`,
    natsIdentity: `${state}/nats-identity`,
    caIdentity: `${state}/ca-identity`,
    natsStore: `${state}/nats`,
    joinerState: `${state}/joiner`,
    certmgrState: `${state}/certmgr`,
    rendererState: `${state}/config-renderer`,
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
