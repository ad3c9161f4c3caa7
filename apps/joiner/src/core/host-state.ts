/** What a host is in a cluster, as far as its disk and its services say: the facts by which phases are done or not. */

import { agentUnit, type Role } from '@easycerts/cluster';
import type { JoinerStatus } from './joiner-status.ts';

/** What certmgr says about the enrolment (its status.json). */
export interface EnrolmentStatus {
  readonly state: 'waiting' | 'enrolling' | 'refused' | 'done';
  /** Of which token; absent when it could not be read. */
  readonly tokenId?: string;
  /** A certmgr has said it that has ended since: perhaps about another token. */
  readonly isOld?: true;
  readonly code?: string;
  readonly message?: string;
  /** A deny reason. */
  readonly reason?: string;
  readonly cure?: string;
}

export interface IdentityFacts {
  readonly host: string;
  readonly role: Role;
  readonly notAfterMs: number;
  /** SHA-256 of the public keys of the CAs that it trusts, lowercase hexadecimal: what a token's pin must be one of. */
  readonly pins: readonly string[];
}

export interface CertificateProgress {
  /** Names of all certificates that this host is to have. */
  readonly names: readonly string[];
  /** Of them, those that are not on disk. */
  readonly missing: readonly string[];
  /** What certmgr could not do and tries again; the name is empty for the CA itself. */
  readonly failures: readonly { readonly name: string; readonly message: string }[];
  /** Specs that cannot be used. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

export interface UnitActivity {
  readonly isActive: boolean;
  readonly isEnabled: boolean;
  /** It has ended with an error; systemd may be about to try again. */
  readonly isFailing?: boolean;
}

export interface HostState {
  /** Of the machine, lowercase: what its node will be called, or is. */
  readonly name: string;
  /** What its configuration makes of it; `none` while it has no configuration. */
  readonly role: Role | 'none';
  /** The CA of the cluster lies here, whole. */
  readonly hasAuthority: boolean;
  /** Id of the join token that waits to be used. */
  readonly tokenId: string | undefined;
  readonly identity: IdentityFacts | undefined;
  readonly enrolment: EnrolmentStatus | undefined;
  /** Digest of the configuration that the master gave this host, and of the one that its files were made of. */
  readonly receivedDigest: string | undefined;
  readonly appliedDigest: string | undefined;
  readonly certificates: CertificateProgress;
  /** Units that config-renderer wants to run. */
  readonly units: readonly string[];
  /** What joiner says; undefined while it does not run. */
  readonly components: JoinerStatus | undefined;
  /** Our own services, by unit. */
  readonly services: Readonly<Record<string, UnitActivity>>;
  /** The phases of leaving that are behind it; undefined when it is not leaving. */
  readonly leaving: readonly string[] | undefined;
}

/** Whether all components that are wanted are healthy with the files that are wanted. */
export function isSettled({ appliedDigest, certificates, components, receivedDigest, units }: HostState): boolean {
  if (components === undefined || units.length === 0) return false;
  const known = new Set(components.components.map(({ unit }) => unit));
  return (
    components.isReady &&
    units.every((unit) => known.has(unit)) &&
    certificates.missing.length === 0 &&
    (receivedDigest === undefined || receivedDigest === appliedDigest)
  );
}

/** Whether all these services run, and will after a boot. */
export function areUp({ services }: HostState, units: readonly string[]): boolean {
  return units.every((unit) => services[unit]?.isActive === true && services[unit].isEnabled);
}

/** That a service of ours, or the agent it is a part of, does not come up, in words; undefined while it does, or may. */
export function failingWords({ services }: Pick<HostState, 'services'>, unit: string): string | undefined {
  const failing = [unit, agentUnit].find((name) => services[name]?.isFailing === true);
  return failing === undefined ? undefined : `${failing} to start (see \`journalctl -u ${failing}\`)`;
}

/** What the components that are not healthy are waiting for, in words; undefined when there is nothing to say. */
export function unsettledWords({ components, services, units }: HostState): string {
  if (components === undefined) return failingWords({ services }, 'easycerts-joiner') ?? 'joiner to answer';
  const known = new Map(components.components.map((component) => [component.unit, component]));
  const words = units.flatMap((unit) => {
    const component = known.get(unit);
    if (component === undefined) return [unit];
    if (component.isHealthy && component.state === 'healthy') return [];
    return [component.detail === undefined ? unit : `${unit} (${component.detail})`];
  });
  if (units.length === 0) return 'config-renderer to say what runs here';
  return words.length === 0 ? 'certificates and files to come to rest' : words.join(', ');
}
