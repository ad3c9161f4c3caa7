/**
 * Which certificate of the list a caller of cfssl's API asks for. Its clients know no names of our list, so the certificate is
 * found by what is asked; and as certmgr compares what it gets with its spec to the letter, three things may differ from the
 * list, none of which lets the holder do more than with the listed certificate:
 *
 *  1. The key may be of any algorithm that we accept: it is the holder's.
 *  2. A server may ask for fewer names than the list has for it; for one of them as its common name, then without
 *     organization and for server auth alone: nobody takes that for a client.
 *  3. A client of Kubernetes may have its common name among its names. No host is called so: it has no dot, and neither a host
 *     that is known nor a certificate of the master has this name. Then server auth is added: certmgr's specs ask for it
 *     unless they say otherwise. Certificates of the user's own (`certificates` in cluster.yaml) have no such names.
 *
 * Everything else (another organization, a name that is not listed, a CA) leaves the spec unlike the request, and the checks
 * of policy.ts refuse it in their words.
 */

import { type AuthorityName, type CertificateSpec, certificateList, type SubjectName } from '@easycerts/cluster';
import type { DenyReason, Finding } from '@easycerts/core';
import { type CsrFacts, canonicalNames, formatSubject, namesEqual, subjectsEqual } from '@easycerts/pki';
import { badRequest } from './cfssl-error.ts';
import { type CfsslProfile, withinProfile } from './profile.ts';

/** The CAs that can be asked, by label. That of our own services is not among them: a key is no host identity. */
export const cfsslLabels = [
  'kubernetes',
  'etcd',
  'front-proxy',
  'services',
] as const satisfies readonly AuthorityName[];
export type CfsslLabel = (typeof cfsslLabels)[number];

/** The CA that a label stands for; undefined: none. Without a label it is the one that signs for Kubernetes. */
export function authorityOfLabel(label: string): CfsslLabel | undefined {
  return label === '' ? 'kubernetes' : cfsslLabels.find((name) => name === label);
}

/** The same of a label that a caller gives. CfsslError for one that is not there. */
export function askedAuthority(label: string): CfsslLabel {
  const authority = authorityOfLabel(label);
  if (authority === undefined) throw badRequest('bad label');
  return authority;
}

export interface AskedSpec {
  /** The CSR with what overrides it, see askedFor. */
  readonly asked: CsrFacts;
  readonly authority: CfsslLabel;
  readonly profile: CfsslProfile;
  /** Whether a name belongs to a host or to a certificate of one. */
  readonly isTaken: (name: string) => boolean;
}

/** The spec that the request is to be held against. */
export function askedSpec(list: readonly CertificateSpec[], wanted: AskedSpec): CertificateSpec | Finding<DenyReason> {
  const ofAuthority = list.filter((spec) => spec.authority === wanted.authority && !isForAllRights(spec));
  const found =
    firstOf(ofAuthority, [exactSpec, clientNamedAsHost, serverWithFewerNames], wanted) ?? nearest(ofAuthority, wanted);
  if (found === undefined) {
    const detail = `the certificate list has no ${formatSubject(wanted.asked.subject).slice(0, 200)} for this host`;
    return { reason: 'not-in-list', detail };
  }
  const limited = withinProfile(found, wanted.profile);
  if (limited === undefined) return { reason: 'usages', detail: `the profile leaves ${found.name} no usage` };
  const { keyAlgorithm } = wanted.asked;
  return keyAlgorithm === undefined ? limited : { ...limited, keyAlgorithm };
}

type Reading = (spec: CertificateSpec, wanted: AskedSpec) => CertificateSpec | undefined;

/** Readings in their order, so that an exact one goes before every other, whatever the order of the list. */
function firstOf(
  list: readonly CertificateSpec[],
  readings: readonly Reading[],
  wanted: AskedSpec,
): CertificateSpec | undefined {
  for (const reading of readings) {
    for (const spec of list) {
      const found = reading(spec, wanted);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const exactSpec: Reading = (spec, { asked }) =>
  isSubject(asked, spec.subject) && namesEqual(asked.alternativeNames, canonicalNames(spec.alternativeNames))
    ? spec
    : undefined;

const clientNamedAsHost: Reading = (spec, { asked, profile, isTaken }) => {
  const { commonName } = spec.subject;
  const { dns, ip } = asked.alternativeNames;
  const isClient = spec.usages.length === 1 && spec.usages[0] === 'client auth' && hasNoNames(spec);
  const isNamed = dns.length === 1 && dns[0] === commonName && ip.length === 0;
  if (!profile.commonNameAsHost || !isClient || !isNamed || !isSubject(asked, spec.subject)) return undefined;
  if (!isOfKubernetes(spec) || commonName.includes('.') || isTaken(commonName)) return undefined;
  return { ...spec, alternativeNames: { dns: [commonName], ip: [] }, usages: ['server auth', 'client auth'] };
};

const serverWithFewerNames: Reading = (spec, { asked }) => {
  const { dns, ip } = canonicalNames(spec.alternativeNames);
  const names = asked.alternativeNames;
  const isPart = names.dns.every((name) => dns.includes(name)) && names.ip.every((name) => ip.includes(name));
  if (!spec.usages.includes('server auth') || !isPart || names.dns.length + names.ip.length === 0) return undefined;
  if (isSubject(asked, spec.subject)) return { ...spec, alternativeNames: names };
  const subject: SubjectName = { commonName: asked.subject.commonName, organizations: [] };
  const isNamed = dns.includes(subject.commonName) || ip.includes(subject.commonName);
  if (!isNamed || !isSubject(asked, subject)) return undefined;
  return { ...spec, subject, alternativeNames: names, usages: ['server auth'] };
};

/** For the words of a refusal: what has the same common name. */
function nearest(list: readonly CertificateSpec[], { asked }: AskedSpec): CertificateSpec | undefined {
  return list.find(({ subject }) => subject.commonName === asked.subject.commonName);
}

function isSubject(asked: CsrFacts, subject: SubjectName): boolean {
  return asked.otherSubjectAttributes.length === 0 && subjectsEqual(asked.subject, subject);
}

/** Who bypasses all authorization, irrevocably (kubernetes.io: RBAC, default user-facing roles), gets that with no static key. */
function isForAllRights({ subject }: CertificateSpec): boolean {
  return subject.organizations.includes('system:masters');
}

function isOfKubernetes({ name }: CertificateSpec): boolean {
  return certificateList.some((entry) => entry.name === name);
}

function hasNoNames({ alternativeNames: { dns, ip } }: CertificateSpec): boolean {
  return dns.length + ip.length === 0;
}
