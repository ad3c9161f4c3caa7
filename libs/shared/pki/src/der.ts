/** A strict reader of DER (X.690 §10, §11): what comes from outside is read by this, and refused unless it is exact. */

import { AppError } from '@easycerts/core';

/** One element; `children` is empty for a primitive one. All arrays are views of the input. */
export interface DerElement {
  /** The identifier octet, class and "constructed" bit included: 0x30 is SEQUENCE. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly raw: Uint8Array;
  readonly children: readonly DerElement[];
}

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A certificate nests 10 deep at most; more is an attack on the stack. */
const maxDepth = 16;
/** More than any certificate or request that we accept can hold. */
const maxElements = 4_096;

/** The refusal of anything that is not well-formed: AppError INVALID_INPUT with the reason `malformed`. */
export function malformed(what: string, cause?: unknown): AppError {
  return new AppError('INVALID_INPUT', what, { cause, details: { reason: 'malformed' } });
}

/**
 * The one element that the bytes are, and everything in it. Refuses (AppError INVALID_INPUT) trailing bytes, indefinite and
 * non-minimal lengths, tags of several octets, and primitive values that DER writes otherwise.
 */
export function readDer(bytes: Uint8Array): DerElement {
  const reader = new Reader(bytes);
  const element = reader.element(bytes.length, 0);
  if (reader.at !== bytes.length) throw malformed(`read DER: ${bytes.length - reader.at} bytes after the end`);
  return element;
}

/** Reads one element after the other; certificates are made of a hundred, so nothing is made that is thrown away again. */
class Reader {
  /** Where the next element begins. */
  at = 0;
  readonly #bytes: Uint8Array;
  #budget = maxElements;
  /** Children of what is being read, in the order of their parents. */
  readonly #open: DerElement[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next element, which must not go beyond `limit`. */
  element(limit: number, depth: number): DerElement {
    if (depth > maxDepth) throw malformed('read DER: nested too deeply');
    if (--this.#budget < 0) throw malformed('read DER: too many elements');
    const start = this.at;
    const tag = start < limit ? this.#bytes[start] : undefined;
    if (tag === undefined) throw malformed('read DER: ends where an element should start');
    if ((tag & 0x1f) === 0x1f) throw malformed('read DER: tag of several octets');
    this.at = start + 1;
    const length = this.#length(limit);
    const contentStart = this.at;
    const end = contentStart + length;
    if (end > limit) throw malformed('read DER: element is longer than what holds it');
    const place: Place = { bytes: this.#bytes, start, contentStart, end };
    if ((tag & 0x20) !== 0) return new ReadElement(tag, place, this.#children(end, depth + 1));
    checkPrimitive(tag, place);
    this.at = end;
    return new ReadElement(tag, place, noChildren);
  }

  #children(end: number, depth: number): readonly DerElement[] {
    const first = this.#open.length;
    while (this.at < end) this.#open.push(this.element(end, depth));
    // An array of their number: one that grew has room for seventeen
    return this.#open.splice(first);
  }

  #length(limit: number): number {
    const first = this.#octet(limit, 'where a length should be');
    if (first < 0x80) return first;
    const octets = first & 0x7f;
    // Indefinite (0) is BER; more than three octets would be 16 MiB, which nobody may send.
    if (octets === 0 || octets > 3) throw malformed('read DER: length is indefinite or too large');
    let length = 0;
    for (let index = 0; index < octets; index++) length = length * 256 + this.#octet(limit, 'inside a length');
    if (length < 0x80 || length < 2 ** (8 * (octets - 1))) throw malformed('read DER: length is not minimal');
    return length;
  }

  #octet(limit: number, where: string): number {
    const octet = this.at < limit ? this.#bytes[this.at] : undefined;
    if (octet === undefined) throw malformed(`read DER: ends ${where}`);
    this.at += 1;
    return octet;
  }
}

const noChildren: readonly DerElement[] = [];

/** Where an element lies. */
interface Place {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

/** Views are made when they are asked for: most elements are only passed through, and a view costs more than reading one. */
class ReadElement implements DerElement {
  readonly tag: number;
  readonly children: readonly DerElement[];
  readonly #place: Place;

  constructor(tag: number, place: Place, children: readonly DerElement[]) {
    this.tag = tag;
    this.children = children;
    this.#place = place;
  }

  get content(): Uint8Array {
    const { bytes, contentStart, end } = this.#place;
    return bytes.subarray(contentStart, end);
  }

  get raw(): Uint8Array {
    const { bytes, start, end } = this.#place;
    return bytes.subarray(start, end);
  }
}

function checkPrimitive(tag: number, place: Place): void {
  switch (tag) {
    case derTag.boolean:
      if (!isExactBoolean(place)) throw malformed('read DER: bad BOOLEAN');
      return;
    case derTag.integer:
      if (!isMinimalInteger(place)) throw malformed('read DER: bad INTEGER');
      return;
    case derTag.bitString:
      if (!isExactBitString(place)) throw malformed('read DER: bad BIT STRING');
      return;
    case derTag.null:
      if (place.contentStart !== place.end) throw malformed('read DER: bad NULL');
      return;
    case derTag.oid:
      if (!isMinimalOid(place)) throw malformed('read DER: bad OBJECT IDENTIFIER');
      return;
    case 0x10:
    case 0x11:
      throw malformed('read DER: SEQUENCE or SET that is not constructed');
    default:
  }
}

function isExactBoolean({ bytes, contentStart, end }: Place): boolean {
  const value = bytes[contentStart];
  return end - contentStart === 1 && (value === 0 || value === 0xff);
}

function isMinimalInteger({ bytes, contentStart, end }: Place): boolean {
  const length = end - contentStart;
  if (length < 2) return length === 1;
  const first = bytes[contentStart];
  const isNextHigh = (bytes[contentStart + 1] ?? 0) >= 0x80;
  return !((first === 0 && !isNextHigh) || (first === 0xff && isNextHigh));
}

function isExactBitString({ bytes, contentStart, end }: Place): boolean {
  const length = end - contentStart;
  const unused = bytes[contentStart] ?? 0;
  if (length === 0 || unused > 7) return false;
  if (length === 1) return unused === 0;
  return ((bytes[end - 1] ?? 0) & ((1 << unused) - 1)) === 0;
}

function isMinimalOid({ bytes, contentStart, end }: Place): boolean {
  const length = end - contentStart;
  if (length === 0 || length > 32 || (bytes[end - 1] ?? 0x80) >= 0x80) return false;
  let isArcStart = true;
  for (let at = contentStart; at < end; at++) {
    const octet = bytes[at] ?? 0;
    if (isArcStart && octet === 0x80) return false;
    isArcStart = octet < 0x80;
  }
  return true;
}
