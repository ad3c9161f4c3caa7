/** What joiner has to know to run one component: plain data, written by config-renderer as one JSON file a component. */

import type { ComponentName, ServiceName } from './component-name.ts';

/**
 * What a component needs when a file it was started with changes (by experiment, see docs/adr/0004-reload-first.md):
 * `none` it reads the file again by itself, `reload` it does on its reload signal, `restart` it never does.
 */
export type OnChange = 'none' | 'reload' | 'restart';

export interface FileUse {
  readonly path: string;
  readonly onChange: OnChange;
}

export interface CertificateUse {
  /** Name in the certificate list. */
  readonly name: string;
  /** The directory of the set (a symbolic link). */
  readonly directory: string;
  /** When only `tls.crt` and `tls.key` changed. */
  readonly onLeafChange: OnChange;
  /** When `ca.crt` changed. */
  readonly onBundleChange: OnChange;
}

/** How to see that a component works. Every check has its own time limit in joiner. */
export type HealthCheck =
  /** HTTPS request that must answer 200, with mutual TLS when `certFile` is given; `serverName` for SNI and verification. */
  | {
      readonly kind: 'https';
      readonly url: string;
      /** Absent: the server's certificate is one that it made itself on loopback, and is not verified. */
      readonly caFile?: string;
      readonly certFile?: string;
      readonly keyFile?: string;
      readonly serverName?: string;
      /** What the answer must also hold. */
      readonly bodyIncludes?: string;
      /** 404 will do as well. */
      readonly orNotFound?: true;
    }
  | { readonly kind: 'http'; readonly url: string }
  /** A UNIX socket that accepts a connection. */
  | { readonly kind: 'socket'; readonly path: string }
  /** A container runtime whose CRI answers on a UNIX socket. */
  | { readonly kind: 'cri'; readonly path: string }
  /** A server that greets over mutual TLS, as nats-server does: healthy when it says anything. */
  | {
      readonly kind: 'tls';
      readonly host: string;
      readonly port: number;
      readonly caFile: string;
      readonly certFile: string;
      readonly keyFile: string;
    }
  /** A TCP port that accepts a connection. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** Its main process runs: for services that serve nothing. */
  | { readonly kind: 'running' }
  /** A file that exists and is not empty. */
  | { readonly kind: 'file'; readonly path: string };

/** A folder that must exist before the component starts. */
export interface DirectorySpec {
  readonly path: string;
  readonly owner: string;
  readonly group: string;
  readonly mode: number;
}

/** A program that must have done its work before a component is started. */
export interface Preparation {
  /** Absolute path of the program, then its arguments. */
  readonly argv: readonly string[];
  /** One of the component's files: it is run again when that has changed since the component was last started. */
  readonly file: string;
}

/** The labels that the Node object of this host is to have, for joiner to keep: a kubelet sets them only when it registers. */
export interface NodeLabels {
  /** Name of the Node object. */
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Credentials of the node itself: the API server lets it change its own labels, but for those that are kept from nodes. */
  readonly kubeconfig: string;
}

export interface ComponentSpec {
  readonly component: ComponentName | ServiceName;
  /** Name of the unit: `kube-apiserver`. */
  readonly unit: string;
  readonly description: string;
  /** Absolute path of the program, then its arguments. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly group: string;
  /** Units of this host that must be healthy first. */
  readonly startAfter: readonly string[];
  /** Rendered files it was started with, besides its own unit. */
  readonly files: readonly FileUse[];
  readonly certificates: readonly CertificateUse[];
  readonly directories: readonly DirectorySpec[];
  readonly health: HealthCheck;
  readonly preparations?: readonly Preparation[];
  readonly nodeLabels?: NodeLabels;
  /** What must be so before it is started, besides `startAfter`: for a program that only ends when it is not. */
  readonly startWhen?: HealthCheck;
  /** Signal that makes it read its files again, for `onChange: 'reload'`. */
  readonly reloadSignal?: 'SIGHUP';
  /** How long it may take to become healthy, then to stop. */
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** `process`: only the main process is stopped (kubelet's and containerd's children go on). */
  readonly killMode: 'control-group' | 'process';
  /**
   * Its systemd unit comes with our package and says by itself what is run, when and how: this spec only tells what it uses and
   * how to see that it works.
   */
  readonly isPackaged?: true;
  /** Linux capabilities and hardening for its systemd unit, as lines of the [Service] section. */
  readonly systemdOptions: readonly string[];
}

/** A file that config-renderer writes. */
export interface RenderedFile {
  readonly path: string;
  readonly content: string;
  readonly owner: string;
  readonly group: string;
  readonly mode: number;
}
