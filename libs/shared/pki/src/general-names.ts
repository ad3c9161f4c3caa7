/** Subject alternative names (RFC 5280 §4.2.1.6): DNS names and IP addresses are ours, every other kind is reported. */

import { type AlternativeNames, formatIp, parseIp } from '@easycerts/cluster';
import { perObject } from '@easycerts/core';
import { type DerElement, malformed } from './der.ts';
import { sequenceOf } from './der-values.ts';

export interface ReadGeneralNames {
  readonly alternativeNames: AlternativeNames;
  /** Names of other kinds, as `email:…`, `URI:…`, `otherName`, `dirName`, …; sorted, without repetition. */
  readonly otherNames: readonly string[];
}

export const noGeneralNames: ReadGeneralNames = { alternativeNames: { dns: [], ip: [] }, otherNames: [] };

const dnsTag = 0x82;
const ipTag = 0x87;
/** The other kinds by their context tag; those with a text show it. */
const otherKinds: Readonly<Record<number, { readonly kind: string; readonly isText: boolean }>> = {
  160: { kind: 'otherName', isText: false },
  129: { kind: 'email', isText: true },
  163: { kind: 'x400Address', isText: false },
  164: { kind: 'dirName', isText: false },
  165: { kind: 'ediPartyName', isText: false },
  134: { kind: 'URI', isText: true },
  136: { kind: 'registeredID', isText: false },
};

/** Reads GeneralNames. Refuses (AppError INVALID_INPUT) control characters, bytes outside ASCII, and addresses of odd length. */
export function readGeneralNames(element: DerElement, what: string): ReadGeneralNames {
  const dns: string[] = [];
  const ip: string[] = [];
  const otherNames: string[] = [];
  const members = sequenceOf(element, what);
  if (members.length === 0) throw malformed(`read ${what}: no names`);
  for (const { tag, content } of members) {
    const other = otherKinds[tag];
    if (tag === dnsTag) dns.push(visibleText(content, what));
    else if (tag === ipTag) ip.push(ipText(content, what));
    else if (other !== undefined)
      otherNames.push(other.isText ? `${other.kind}:${visibleText(content, what)}` : other.kind);
    else throw malformed(`read ${what}: unknown kind of name`);
  }
  return { alternativeNames: { dns: sortedSet(dns), ip: sortedSet(ip) }, otherNames: sortedSet(otherNames) };
}

/**
 * Sorted, each once, with IP addresses in canonical text; asked again for the same names, the same object. AppError
 * INVALID_INPUT for a text that is no address.
 */
export const canonicalNames: (names: AlternativeNames) => AlternativeNames = perObject((names) => ({
  dns: sortedSet(names.dns),
  ip: sortedSet(names.ip.map((text) => formatIp(parsedIp(text)))),
}));

/** Whether two canonical sets of names are equal. */
export function namesEqual(one: AlternativeNames, other: AlternativeNames): boolean {
  return listsEqual(one.dns, other.dns) && listsEqual(one.ip, other.ip);
}

/**
 * Why a name may not stand in a certificate of ours, or undefined: DNS names are letters, digits and hyphens in labels of at
 * most 63 (RFC 1123 §2.1), without wildcards, and are not addresses.
 */
export function dnsNameProblem(name: string): string | undefined {
  if (name.length === 0 || name.length > 253) return 'empty or longer than 253 characters';
  if (!name.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label))) return 'not a host name';
  return parseIp(name) === undefined ? undefined : 'an IP address where a DNS name belongs';
}

function visibleText(content: Uint8Array, what: string): string {
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1');
  // 0x21–0x7e: no NUL, no line end, no blank, nothing that looks like another letter.
  if (!/^[!-~]{1,253}$/.test(text)) throw malformed(`read ${what}: name with characters that no name has`);
  return text;
}

function ipText(content: Uint8Array, what: string): string {
  if (content.length !== 4 && content.length !== 16)
    throw malformed(`read ${what}: IP address of ${content.length} bytes`);
  if (content.length === 4) return content.join('.');
  return formatIp({ family: 6, value: BigInt(`0x${Buffer.from(content).toString('hex')}`) });
}

function parsedIp(text: string) {
  const address = parseIp(text);
  if (address === undefined) throw malformed(`alternative name ${JSON.stringify(text)}: not an IP address`);
  return address;
}

function sortedSet(values: readonly string[]): readonly string[] {
  return values.length < 2 ? values : [...new Set(values)].sort();
}

function listsEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
