/** The profiles of cfssl's API: each only takes something away from what the certificate list yields. */

import type { CertificateSpec, ClusterConfig, ExtendedKeyUsage } from '@easycerts/cluster';
import { cfsslError } from './cfssl-error.ts';

export type CfsslProfile = ClusterConfig['pki']['cfssl']['profiles'][string];

/** The profile of callers that name none. */
export const defaultProfile = 'default';

const asListed: CfsslProfile = { commonNameAsHost: true };

/** The profile of a name; undefined: there is none, which cfssl would take for its default. */
export function profileOf(config: ClusterConfig, name: string): CfsslProfile | undefined {
  const { profiles } = config.pki.cfssl;
  if (Object.hasOwn(profiles, name)) return profiles[name];
  return name === defaultProfile ? asListed : undefined;
}

/** The profile that a caller names, the default one without a name. CfsslError for one that is not there. */
export function askedProfile(
  config: ClusterConfig,
  named: string,
): { readonly name: string; readonly profile: CfsslProfile } {
  const name = named || defaultProfile;
  const profile = profileOf(config, name);
  if (profile === undefined) throw cfsslError('unknownProfile');
  return { name, profile };
}

/** The extended usages that a profile allows; undefined: it says nothing of them. */
function allowedUsages({ usages = [] }: CfsslProfile): readonly ExtendedKeyUsage[] | undefined {
  const extended = usages.filter(
    (usage): usage is ExtendedKeyUsage => usage === 'server auth' || usage === 'client auth',
  );
  return extended.length === 0 ? undefined : extended;
}

/** A spec of the list within a profile; undefined when nothing is left that a certificate could be used for. */
export function withinProfile(spec: CertificateSpec, profile: CfsslProfile): CertificateSpec | undefined {
  const allowed = allowedUsages(profile);
  const usages = allowed === undefined ? spec.usages : spec.usages.filter((usage) => allowed.includes(usage));
  if (usages.length === 0) return undefined;
  return { ...spec, usages, validityS: Math.min(spec.validityS, profile.expiry ?? spec.validityS) };
}

/** What `info` says of a profile. */
export function profileFacts(
  { usages, expiry }: CfsslProfile,
  validityS: number,
): { usages: string[]; expiry: string } {
  const shownS = Math.min(validityS, expiry ?? validityS);
  return {
    usages: [...(usages ?? ['signing', 'key encipherment', 'server auth', 'client auth'])],
    expiry: goDuration(shownS),
  };
}

/** As Go's time.Duration prints it: `720h0m0s`. */
function goDuration(totalS: number): string {
  const hours = Math.floor(totalS / 3_600);
  const minutes = Math.floor((totalS % 3_600) / 60);
  if (hours > 0) return `${hours}h${minutes}m${totalS % 60}s`;
  return minutes > 0 ? `${minutes}m${totalS % 60}s` : `${totalS}s`;
}
