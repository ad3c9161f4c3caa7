/** X.501 names as certificates hold them: one common name and organizations are ours, everything else is reported. */

import type { SubjectName } from '@easycerts/cluster';
import { type DerElement, derTag, malformed, readDer } from './der.ts';
import { oidOf, sequenceOf, setOf } from './der-values.ts';
import { oid } from './oids.ts';

export interface ReadName {
  readonly subject: SubjectName;
  /** Object identifiers of attributes that are neither the one common name nor an organization, in order. */
  readonly otherAttributes: readonly string[];
}

/** One attribute of a name: its object identifier and its text. */
export interface SubjectAttribute {
  readonly type: string;
  readonly value: string;
}

/** Upper bounds of X.520 are 64; Kubernetes' own names are longer at times, so only the absurd is refused. */
const maxValueLength = 253;

/** Reads a Name (RFC 5280 §4.1.2.4). An absent common name is ''. Organizations keep their order. */
export function readName(element: DerElement | undefined, what: string): ReadName {
  const commonNames: string[] = [];
  const organizations: string[] = [];
  const otherAttributes: string[] = [];
  for (const { type, value } of attributesOf(element, what)) {
    if (value !== undefined && type === oid.organization) organizations.push(value);
    else if (value !== undefined && type === oid.commonName && commonNames.length === 0) commonNames.push(value);
    else otherAttributes.push(type);
  }
  return { subject: { commonName: commonNames[0] ?? '', organizations }, otherAttributes };
}

/** Every attribute of a name, DER, in order; one that is no text has none. AppError INVALID_INPUT when it is not well-formed. */
export function readSubjectAttributes(nameDer: Uint8Array): readonly SubjectAttribute[] {
  return attributesOf(readDer(nameDer), 'name').map(({ type, value = '' }) => ({ type, value }));
}

/** A subject for people, events and logs, as RFC 4514 writes it: `CN=n1,O=easycerts:nodes`. */
export function formatSubject(subject: SubjectName): string {
  const parts = [
    ...(subject.commonName === '' ? [] : [`CN=${escapeValue(subject.commonName)}`]),
    ...subject.organizations.map((organization) => `O=${escapeValue(organization)}`),
  ];
  return parts.join(',');
}

/** Whether two subjects name the same: equal common names and the same set of organizations. */
export function subjectsEqual(one: SubjectName, other: SubjectName): boolean {
  if (one.commonName !== other.commonName || one.organizations.length !== other.organizations.length) return false;
  const sorted = [...other.organizations].sort();
  return [...one.organizations].sort().every((organization, index) => organization === sorted[index]);
}

interface ReadAttribute {
  readonly type: string;
  /** undefined: not a text of a type that new certificates may have. */
  readonly value: string | undefined;
}

function attributesOf(element: DerElement | undefined, what: string): readonly ReadAttribute[] {
  return sequenceOf(element, what).flatMap((rdn) => {
    const attributes = setOf(rdn, what);
    if (attributes.length === 0) throw malformed(`read ${what}: empty relative name`);
    return attributes.map((attribute) => {
      const [typeElement, valueElement, ...rest] = sequenceOf(attribute, what);
      if (valueElement === undefined || rest.length > 0) throw malformed(`read ${what}: attribute without one value`);
      return { type: oidOf(typeElement, what), value: textOf(valueElement, what) };
    });
  });
}

/**
 * Text of a string type that RFC 5280 lets new certificates use; undefined for another type that stands in certificates.
 * Refuses what OpenSSL refuses: two readers that do not agree on a name are one too many.
 */
function textOf(element: DerElement, what: string): string | undefined {
  const { tag, content } = element;
  if (tag !== derTag.utf8String && tag !== derTag.printableString && tag !== derTag.ia5String) {
    if (otherValueTypes[tag]?.(content) !== true) throw malformed(`read ${what}: value of a type that no name has`);
    return undefined;
  }
  const text = decodeUtf8(content, what);
  if (text.length === 0 || text.length > maxValueLength) throw malformed(`read ${what}: empty or too long value`);
  // A NUL or a line end would make a name look like another one to somebody.
  if (/\p{Cc}/u.test(text)) throw malformed(`read ${what}: control character in a name`);
  if (tag !== derTag.utf8String && /[^ -~]/.test(text))
    throw malformed(`read ${what}: character outside its string type`);
  return text;
}

/** By tag, and what is well-formed: NumericString, TeletexString, UniversalString, BMPString, and the BIT STRING of an id. */
const otherValueTypes: Readonly<Record<number, (content: Uint8Array) => boolean>> = {
  3: () => true,
  18: () => true,
  20: () => true,
  28: (content) => codePointsOf(content, 4).every(isCharacter),
  30: (content) => codePointsOf(content, 2).every(isCharacter),
};

/** Big-endian; a rest that is no whole one is no character. */
function codePointsOf(content: Uint8Array, width: 2 | 4): readonly number[] {
  const { length } = content;
  if (length % width !== 0) return [Number.NaN];
  const bytes = Buffer.from(content);
  return Array.from({ length: length / width }, (_, at) => bytes.readUIntBE(at * width, width));
}

function isCharacter(codePoint: number): boolean {
  return codePoint <= 0x10_ff_ff && (codePoint < 0xd8_00 || codePoint > 0xdf_ff);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(content: Uint8Array, what: string): string {
  try {
    return utf8.decode(content);
  } catch (cause) {
    throw malformed(`read ${what}: not UTF-8`, cause);
  }
}

function escapeValue(value: string): string {
  return value.replace(/[,+"\\<>;=]|^[ #]| $/g, (character) => `\\${character}`);
}
