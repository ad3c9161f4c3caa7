/**
 * What of a configuration of cfssl becomes profiles of ours, and in words what does not. Nothing is taken that would open what is
 * closed here: a profile is taken whole, taken without some of its fields, or refused.
 */

import { cfsslUsages } from '@easycerts/cluster';
import { parseDurationMs, secondMs } from '@easycerts/core';
import { isObject, type JsonObject } from '../stored-json.ts';
import { profilePattern } from './key-record.ts';
import { defaultProfile } from './profile.ts';

export interface ImportNote {
  /** `signing.profiles.www.ocsp_url` */
  readonly path: string;
  /** `refused`: the profile, or a whole part of the file; `left out`: it means nothing here; `note`: it is as before, or stricter. */
  readonly kind: 'refused' | 'left out' | 'note';
  readonly why: string;
}

export interface ImportedProfile {
  readonly usages?: readonly string[];
  readonly expiry?: string;
}

export interface ImportedConfig {
  readonly profiles: Readonly<Record<string, ImportedProfile>>;
  readonly notes: readonly ImportNote[];
}

/** Reads parsed JSON. `undefined` when it is no configuration of cfssl at all. */
export function importConfig(config: unknown): ImportedConfig | undefined {
  if (!isObject(config) || !isObject(config.signing)) return undefined;
  const { signing, auth_keys: authKeys, ...others } = config;
  const { default: first, profiles: given = {}, ...unknown } = signing as JsonObject;
  const notes: ImportNote[] = [
    ...Object.keys(others).map((name): ImportNote => ({ path: name, kind: 'refused', why: partWhy(name) })),
    ...Object.keys(unknown).map(
      (name): ImportNote => ({ path: `signing.${name}`, kind: 'refused', why: unknownField }),
    ),
    ...keyNotes(authKeys ?? {}),
  ];
  if (!isObject(given)) return undefined;
  const named = first === undefined ? given : { ...given, [defaultProfile]: given[defaultProfile] ?? first };
  const profiles: Record<string, ImportedProfile> = {};
  const inherited = isObject(first) ? first.expiry : undefined;
  for (const [name, profile] of Object.entries(named)) {
    const path = profile === first ? 'signing.default' : `signing.profiles.${name}`;
    const read = profileOf(path, name, profile, inherited);
    notes.push(...read.notes);
    if (read.profile !== undefined) profiles[name] = read.profile;
  }
  if (first !== undefined && given[defaultProfile] !== undefined) {
    const why = 'the profile named default is taken; that of all unknown profiles is not: they are refused here';
    notes.push({ path: 'signing.default', kind: 'refused', why });
  }
  return { profiles, notes };
}

const unknownField = 'no field that cfssl 1.6.5 has';

const parts: Readonly<Record<string, string>> = {
  remotes: 'this CA signs itself and asks no other',
  ocsp: 'OCSP responses are signed with the key of the CA: there is nothing to set',
};

function partWhy(name: string): string {
  return Object.hasOwn(parts, name) ? (parts[name] ?? unknownField) : unknownField;
}

function keyNotes(keys: unknown): readonly ImportNote[] {
  if (!isObject(keys)) return [{ path: 'auth_keys', kind: 'refused', why: 'not an object' }];
  return Object.entries(keys).map(([name, key]): ImportNote => {
    const path = `auth_keys.${name}`;
    const { type, key: text } = isObject(key) ? key : {};
    if (type !== 'standard') {
      return { path, kind: 'refused', why: 'only the type standard (HMAC-SHA-256 of the request) is spoken' };
    }
    const source = typeof text === 'string' && /^(env|file):/.test(text) ? ', and is not read from where it is' : '';
    const why = `one key for all hosts is not taken over${source}: each host gets its own, by \`ca cfssl-key create --host <name>\``;
    return { path, kind: 'left out', why };
  });
}

/** Fields that mean nothing here; the profile is taken without them. */
const leftOut: Readonly<Record<string, string>> = {
  issuer_urls: 'certificates name no address of their issuer: who verifies has the CA file',
  ocsp_url: 'certificates name no address of OCSP; `ocspsign` answers',
  crl_url: 'certificates name no address of a CRL; `crl` has it',
  ocsp_no_check: 'certificates of responders are not issued: the CA signs OCSP itself',
  Policies: 'certificates have no policies',
  ct_log_servers: 'certificates of a private CA are not logged in public; the ledger has them all',
  cert_store: 'every certificate is in the ledger',
  lint_error_level: 'every certificate is checked against its template before it is recorded',
  ignored_lints: 'every certificate is checked against its template before it is recorded',
  ignored_lint_sources: 'every certificate is checked against its template before it is recorded',
};

/** Fields that are as before or stricter. */
const kept: Readonly<Record<string, string>> = {
  backdate: 'certificates begin five minutes before they are made',
  prev_auth_key: '`ca cfssl-key rotate` accepts the key before for an overlap',
  name_whitelist: 'stricter: only names that the certificate list has for the host are granted',
  CSRWhitelist: 'stricter: only the public key of a request is taken from it',
};

/** Fields that would open something; true when the value does not. */
const opening: Readonly<Record<string, { readonly why: string; readonly isHarmless: (value: unknown) => boolean }>> = {
  ca_constraint: {
    why: 'no CA certificates are issued',
    isHarmless: (value) => isObject(value) && value.is_ca !== true,
  },
  copy_extensions: {
    why: 'nothing is copied from a request but its public key',
    isHarmless: (value) => value === false,
  },
  allowed_extensions: {
    why: 'no extensions are taken from a request',
    isHarmless: (value) => Array.isArray(value) && value.length === 0,
  },
  not_before: { why: 'the lifetime begins when a certificate is made', isHarmless: () => false },
  not_after: { why: 'a lifetime is a duration here: write expiry', isHarmless: () => false },
  remote: { why: 'this CA signs itself and asks no other', isHarmless: (value) => value === '' },
  auth_remote: { why: 'this CA signs itself and asks no other', isHarmless: () => false },
  ClientProvidesSerialNumbers: { why: 'serial numbers are made here', isHarmless: (value) => value === false },
};

function profileOf(
  path: string,
  name: string,
  profile: unknown,
  inheritedExpiry: unknown,
): { readonly profile?: ImportedProfile; readonly notes: readonly ImportNote[] } {
  const refused = (field: string, why: string): ImportNote => ({
    path: field === '' ? path : `${path}.${field}`,
    kind: 'refused',
    why,
  });
  if (!isObject(profile)) return { notes: [refused('', 'not an object')] };
  if (!profilePattern.test(name)) return { notes: [refused('', 'its name has other than letters, digits, - and _')] };
  const notes = Object.entries(profile).flatMap(([field, value]): readonly ImportNote[] => {
    if (['usages', 'expiry', 'auth_key'].includes(field)) return [];
    const here = `${path}.${field}`;
    if (Object.hasOwn(leftOut, field)) return [{ path: here, kind: 'left out', why: leftOut[field] ?? '' }];
    if (Object.hasOwn(kept, field)) return [{ path: here, kind: 'note', why: kept[field] ?? '' }];
    const rule = Object.hasOwn(opening, field) ? opening[field] : undefined;
    if (rule === undefined) return [refused(field, unknownField)];
    return rule.isHarmless(value) ? [] : [refused(field, rule.why)];
  });
  const usages = usagesOf(profile.usages);
  notes.push(...usages.foreign.map((usage) => refused('usages', `${JSON.stringify(usage)} is not issued`)));
  const expiry = profile.expiry ?? inheritedExpiry;
  if (expiry !== undefined && !isLifetime(expiry)) notes.push(refused('expiry', 'not a duration such as 720h'));
  if (typeof profile.auth_key !== 'string' || profile.auth_key === '') {
    const why =
      'it has no auth_key: cfssl lets everybody sign with it. With one, hosts use keys of their own; unauthenticatedHost, ' +
      'written by hand, gives everybody the certificates of one host';
    notes.push(refused('', why));
  }
  if (notes.some(({ kind }) => kind === 'refused')) return { notes };
  const taken = {
    ...(usages.known.length === 0 ? {} : { usages: usages.known }),
    ...(typeof expiry === 'string' ? { expiry } : {}),
  };
  return { profile: taken, notes };
}

function usagesOf(given: unknown): { readonly known: readonly string[]; readonly foreign: readonly unknown[] } {
  if (given === undefined) return { known: [], foreign: [] };
  if (!Array.isArray(given)) return { known: [], foreign: [given] };
  const isKnown = (usage: unknown): usage is string => cfsslUsages.some((known) => known === usage);
  return { known: given.filter(isKnown), foreign: given.filter((usage) => !isKnown(usage)) };
}

function isLifetime(value: unknown): value is string {
  return typeof value === 'string' && (parseDurationMs(value) ?? 0) >= secondMs;
}
