/**
 * What a certificate of the user's own may be. One of the CA `services` can be nothing in the cluster, for no part of it trusts
 * that CA; one of the CA `kubernetes` is a user of the API server, so it may be nobody whom the cluster itself knows.
 */

import type { Finding } from '@easycerts/core';
import { apiserverServiceNames, certificateList } from '../cert-list.ts';
import { unitOf } from '../component-name.ts';
import { canonicalIp } from '../ip-network.ts';
import type { OwnCertificate } from './certificate-options.ts';
import { isDnsName } from './option-types.ts';
import { type ConfigProblem, pathText } from './problem.ts';
import type { ClusterConfig } from './resolve-config.ts';

interface Entry {
  readonly name: string;
  readonly given: OwnCertificate;
  readonly config: ClusterConfig;
}

/** A finding's `reason` is the path below the entry. */
type Rule = (entry: Entry) => readonly Finding[];

/** Every problem of the user's own certificates. */
export function ownCertificateProblems(config: ClusterConfig): readonly ConfigProblem[] {
  return Object.entries(config.certificates).flatMap(([name, given]) =>
    rules
      .flatMap((rule) => rule({ name, given, config }))
      .map(({ reason, detail }) => {
        const path = pathText(['certificates', name]);
        return { path: reason === '' ? path : `${path}.${reason}`, message: detail };
      }),
  );
}

const comesFromOurCa: Rule = ({ config }) =>
  config.easyCerts ? [] : [found('', 'needs our CA: set easyCerts: true, or take it out')];

const hasNameOfItsOwn: Rule = ({ name }) =>
  certificateList.some((entry) => entry.name === name)
    ? [found('', 'is the name of a certificate that the cluster itself has: choose another name')]
    : [];

const hasHolders: Rule = ({ given: { hosts, roles } }) => {
  if (hosts !== undefined && roles !== undefined) {
    return [found('roles', 'stands beside hosts: say either which hosts have it, or which roles')];
  }
  return hosts === undefined && roles === undefined
    ? [found('', 'is for no host: name them in hosts: [n1], or their role in roles: [node]')]
    : [];
};

const closedAuthorities: Readonly<Partial<Record<OwnCertificate['authority'], string>>> = {
  etcd: 'whoever has one may read and change everything in etcd',
  'front-proxy': 'whoever has one may claim to be anybody at the API server',
  easycerts: 'it is for the identities of hosts alone',
};

const comesFromAnOpenAuthority: Rule = ({ given: { authority } }) => {
  const why = closedAuthorities[authority];
  return why === undefined
    ? []
    : [found('authority', `${authority} gives none to others: ${why}; leave it out, or take services`)];
};

const isOnlyAClientOfKubernetes: Rule = ({ given: { authority, names, usages } }) => {
  if (authority !== 'kubernetes') return [];
  const servers =
    'server auth with the CA kubernetes could stand in for the API server or a kubelet: take the CA services, or usages: [client auth]';
  return [
    ...(usages.includes('server auth') ? [found('usages', servers)] : []),
    ...(names.length > 0
      ? [found('names', 'a client of the API server is known by its subject: leave names out')]
      : []),
  ];
};

/** Of RBAC: `system:masters`, `system:nodes`, `kubeadm:cluster-admins` and whatever else comes under these. */
const reservedPrefix = /^(system|kubeadm|easycerts):/i;
const commonNamesOfOurs: ReadonlySet<string> = new Set(
  certificateList
    // None of those that are not plain depends on the configuration, and of the others hosts' names are not of this CA.
    .filter(({ authority }) => authority !== 'easycerts')
    .map(({ subject }) => subject({ host: { name: '', roles: [], addresses: [] } }).commonName.toLowerCase()),
);

/** The texts of a subject, each with its path below the entry. */
function subjectTexts({ commonName = '', organizations }: OwnCertificate['subject']) {
  return [
    ['subject.commonName', commonName] as const,
    ...organizations.map((group, index) => [`subject.organizations[${index}]`, group] as const),
  ];
}

const isNobodyOfTheCluster: Rule = ({ name, given: { authority, subject } }) => {
  if (authority !== 'kubernetes') return [];
  return subjectTexts({ ...subject, commonName: subject.commonName ?? name }).flatMap(([path, text]) => {
    if (reservedPrefix.test(text)) {
      return [
        found(path, `${text} is a name of Kubernetes or of ours, with rights of its own: choose one without prefix`),
      ];
    }
    if (path === 'subject.commonName' && commonNamesOfOurs.has(text.toLowerCase())) {
      return [found(path, `${text} is the name in a certificate of the cluster: choose another`)];
    }
    return text.includes('{')
      ? [found(path, 'a user of the API server has one name: write it out, without placeholders')]
      : [];
  });
};

const hasKnownPlaceholders: Rule = ({ given: { names, subject } }) => {
  const texts = [
    ...subjectTexts(subject).map(([path, text]) => [path, text, ['{hostname}']] as const),
    ...names.map((text, index) => [`names[${index}]`, text, ['{hostname}', '{addresses}']] as const),
  ];
  return texts.flatMap(([path, text, known]) => {
    const unknown = text.match(/\{[^}]*\}?/g)?.find((placeholder) => !known.some((one) => one === placeholder));
    return unknown === undefined ? [] : [found(path, `${unknown} stands for nothing here; known: ${known.join(', ')}`)];
  });
};

const hasNamesThatCanBe: Rule = ({ given: { names } }) =>
  names.flatMap((text, index) => {
    const example = text.replaceAll('{hostname}', 'n1').toLowerCase();
    if (text === '{addresses}' || canonicalIp(example) !== undefined || isDnsName(example)) return [];
    const why = example.startsWith('*')
      ? 'is a wildcard, and none is issued: write out each name'
      : 'must be a DNS name or an IP address, {hostname} or {addresses}';
    return [found(`names[${index}]`, `${text} ${why}`)];
  });

/** Somebody may trust both CAs in one bundle: then these would be the API server. */
const isNotTheApiServer: Rule = ({ given: { names }, config }) => {
  const taken = new Set(apiserverServiceNames(config));
  return names.flatMap((text, index) =>
    taken.has(canonicalIp(text) ?? text.toLowerCase())
      ? [found(`names[${index}]`, `${text} is how pods reach the API server: take it out`)]
      : [],
  );
};

const isKnownBySomething: Rule = ({ given: { authority, names, usages } }) =>
  authority === 'services' && usages.includes('server auth') && names.length === 0
    ? [found('names', 'is missing: clients know a server by these alone; for example ["{hostname}", "{addresses}"]')]
    : [];

const longestValidityS = 3_650 * 86_400;

const endsOneDay: Rule = ({ given: { validity = 0 } }) =>
  validity > longestValidityS ? [found('validity', 'must be 3650d at the longest')] : [];

const ownUnits: ReadonlySet<string> = new Set(Object.values(unitOf));

const isToldToForeignUnit: Rule = ({ given: { unit } }) =>
  unit !== undefined && (ownUnits.has(unit) || unit.startsWith('easycerts-'))
    ? [found('unit', `${unit} is a component of the cluster, which joiner looks after anyway: leave unit out`)]
    : [];

const rules: readonly Rule[] = [
  comesFromOurCa,
  hasNameOfItsOwn,
  hasHolders,
  comesFromAnOpenAuthority,
  isOnlyAClientOfKubernetes,
  isNobodyOfTheCluster,
  hasKnownPlaceholders,
  hasNamesThatCanBe,
  isNotTheApiServer,
  isKnownBySomething,
  endsOneDay,
  isToldToForeignUnit,
];

function found(reason: string, detail: string): Finding {
  return { reason, detail };
}
