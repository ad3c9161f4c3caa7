/** A spec of cloudflare's certmgr, read: certificates of a cfssl server, files wherever the spec wants them, and an action. */

import type { ForeignNames, SubjectAttribute } from '@easycerts/pki';

export const serviceManagers = ['systemd', 'openrc', 'sysv', 'command', 'dummy'] as const;
export type ServiceManagerName = (typeof serviceManagers)[number];

/** Kinds of keys that certmgr and cfssl can make. */
export const keyKinds = [
  'ecdsa-256',
  'ecdsa-384',
  'ecdsa-521',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'rsa-8192',
  'ed25519',
] as const;
export type KeyKind = (typeof keyKinds)[number];

/** Owner and group absent: those of the process. */
export interface ManagedFile {
  readonly path: string;
  readonly owner?: string;
  readonly group?: string;
  readonly mode: number;
}

/** Where the HMAC key is: a file is read again when it changes. */
export type AuthKeySource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'hex'; readonly hex: string };

export interface CfsslAuthority {
  /** Base addresses, tried in this order: `https://m1:8888`. */
  readonly remotes: readonly string[];
  readonly label: string;
  readonly profile: string;
  /** The CA that the server's certificate must be of; absent: those the host trusts. */
  readonly rootCa?: string;
  readonly authKey?: AuthKeySource;
}

export interface RequestedCertificate {
  readonly commonName: string;
  /** Country, province, locality, organizations, …, common name: in the order of the request. */
  readonly subject: readonly SubjectAttribute[];
  readonly names: ForeignNames;
  readonly keyKind: KeyKind;
}

export type SpecAction =
  | { readonly kind: 'command'; readonly command: string }
  | {
      readonly kind: 'service';
      readonly manager: 'systemd' | 'openrc' | 'sysv';
      readonly action: 'restart' | 'reload';
      readonly service: string;
      /** Nothing is done about a service that does not run. */
      readonly onlyIfRunning: boolean;
    };

/** What a spec says, or the configuration where it says nothing. */
export interface SpecTimes {
  /** Renewal begins this long before the end. */
  readonly beforeMs: number;
  readonly intervalMs: number;
  readonly intervalSplayMs: number;
  readonly initialSplayMs: number;
}

export interface KeyPairFiles {
  readonly request: RequestedCertificate;
  readonly certificate: ManagedFile;
  readonly privateKey: ManagedFile;
}

export interface CfsslSpec extends SpecTimes {
  /** File name, unique in its folder. */
  readonly name: string;
  readonly authority: CfsslAuthority;
  /** Absent: only the CA's certificate is kept. */
  readonly keyPair?: KeyPairFiles;
  readonly ca?: ManagedFile;
  /** Absent: files only. */
  readonly action?: SpecAction;
  /** One of them is enough; absent: whatever the CA's profile gives. */
  readonly keyUsages?: readonly string[];
}

/** What the configuration gives to all specs. */
export interface SpecDefaults extends SpecTimes {
  readonly remote?: string;
  readonly serviceManager: ServiceManagerName;
  readonly onlyIfRunning: boolean;
}

/** Every file a spec keeps. */
export function filesOfSpec({ keyPair, ca }: CfsslSpec): readonly ManagedFile[] {
  return [
    ...(keyPair === undefined ? [] : [keyPair.certificate, keyPair.privateKey]),
    ...(ca === undefined ? [] : [ca]),
  ];
}
