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
  const element = readElement({ bytes, start: 0, end: bytes.length }, 0, { elements: maxElements });
  if (element.end !== bytes.length) throw malformed(`read DER: ${bytes.length - element.end} bytes after the end`);
  return element;
}

interface Budget {
  elements: number;
}

/** The element at `start`, within what ends at `end`. */
function readElement(
  { bytes, start, end }: Pick<Place, 'bytes' | 'start' | 'end'>,
  depth: number,
  budget: Budget,
): ReadElement {
  if (depth > maxDepth) throw malformed('read DER: nested too deeply');
  if (--budget.elements < 0) throw malformed('read DER: too many elements');
  const tag = start < end ? bytes[start] : undefined;
  if (tag === undefined) throw malformed('read DER: ends where an element should start');
  if ((tag & 0x1f) === 0x1f) throw malformed('read DER: tag of several octets');
  const { length, contentStart } = readLength(bytes, start + 1, end);
  const next = contentStart + length;
  if (next > end) throw malformed('read DER: element is longer than what holds it');
  const place: Place = { bytes, start, contentStart, end: next };
  if ((tag & 0x20) !== 0) return new ReadElement(tag, place, readChildren(place, depth + 1, budget));
  checkPrimitive(tag, place);
  return new ReadElement(tag, place, noChildren);
}

function readChildren({ bytes, contentStart, end }: Place, depth: number, budget: Budget): readonly DerElement[] {
  const children: DerElement[] = [];
  for (let at = contentStart; at < end; ) {
    const child = readElement({ bytes, start: at, end }, depth, budget);
    children.push(child);
    at = child.end;
  }
  return children;
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

  get end(): number {
    return this.#place.end;
  }
}

function readLength(bytes: Uint8Array, offset: number, end: number): { length: number; contentStart: number } {
  const first = offset < end ? bytes[offset] : undefined;
  if (first === undefined) throw malformed('read DER: ends where a length should be');
  if (first < 0x80) return { length: first, contentStart: offset + 1 };
  const octets = first & 0x7f;
  // Indefinite (0) is BER; more than three octets would be 16 MiB, which nobody may send.
  if (octets === 0 || octets > 3) throw malformed('read DER: length is indefinite or too large');
  let length = 0;
  for (let index = 1; index <= octets; index++) {
    const octet = offset + index < end ? bytes[offset + index] : undefined;
    if (octet === undefined) throw malformed('read DER: ends inside a length');
    length = length * 256 + octet;
  }
  if (length < 0x80 || length < 2 ** (8 * (octets - 1))) throw malformed('read DER: length is not minimal');
  return { length, contentStart: offset + 1 + octets };
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
