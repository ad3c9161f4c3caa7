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
  const budget = { elements: maxElements };
  const { element, next } = readElement(bytes, 0, { depth: 0, budget });
  if (next !== bytes.length) throw malformed(`read DER: ${bytes.length - next} bytes after the end`);
  return element;
}

interface Position {
  readonly depth: number;
  readonly budget: { elements: number };
}

function readElement(bytes: Uint8Array, start: number, position: Position): { element: DerElement; next: number } {
  if (position.depth > maxDepth) throw malformed('read DER: nested too deeply');
  if (--position.budget.elements < 0) throw malformed('read DER: too many elements');
  const tag = bytes[start];
  if (tag === undefined) throw malformed('read DER: ends where an element should start');
  if ((tag & 0x1f) === 0x1f) throw malformed('read DER: tag of several octets');
  const { length, contentStart } = readLength(bytes, start + 1);
  const next = contentStart + length;
  if (next > bytes.length) throw malformed('read DER: element is longer than what holds it');
  const content = bytes.subarray(contentStart, next);
  const isConstructed = (tag & 0x20) !== 0;
  if (!isConstructed) checkPrimitive(tag, content);
  const children = isConstructed ? readChildren(content, { ...position, depth: position.depth + 1 }) : [];
  return { element: { tag, content, raw: bytes.subarray(start, next), children }, next };
}

function readChildren(content: Uint8Array, position: Position): DerElement[] {
  const children: DerElement[] = [];
  for (let offset = 0; offset < content.length; ) {
    const { element, next } = readElement(content, offset, position);
    children.push(element);
    offset = next;
  }
  return children;
}

function readLength(bytes: Uint8Array, offset: number): { length: number; contentStart: number } {
  const first = bytes[offset];
  if (first === undefined) throw malformed('read DER: ends where a length should be');
  if (first < 0x80) return { length: first, contentStart: offset + 1 };
  const octets = first & 0x7f;
  // Indefinite (0) is BER; more than three octets would be 16 MiB, which nobody may send.
  if (octets === 0 || octets > 3) throw malformed('read DER: length is indefinite or too large');
  let length = 0;
  for (let index = 1; index <= octets; index++) {
    const octet = bytes[offset + index];
    if (octet === undefined) throw malformed('read DER: ends inside a length');
    length = length * 256 + octet;
  }
  if (length < 0x80 || length < 2 ** (8 * (octets - 1))) throw malformed('read DER: length is not minimal');
  return { length, contentStart: offset + 1 + octets };
}

function checkPrimitive(tag: number, content: Uint8Array): void {
  switch (tag) {
    case derTag.boolean:
      if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw malformed('read DER: bad BOOLEAN');
      return;
    case derTag.integer:
      if (!isMinimalInteger(content)) throw malformed('read DER: bad INTEGER');
      return;
    case derTag.bitString:
      if (!isExactBitString(content)) throw malformed('read DER: bad BIT STRING');
      return;
    case derTag.null:
      if (content.length !== 0) throw malformed('read DER: bad NULL');
      return;
    case derTag.oid:
      if (!isMinimalOid(content)) throw malformed('read DER: bad OBJECT IDENTIFIER');
      return;
    case 0x10:
    case 0x11:
      throw malformed('read DER: SEQUENCE or SET that is not constructed');
    default:
  }
}

function isMinimalInteger(content: Uint8Array): boolean {
  const [first, second] = content;
  if (first === undefined) return false;
  if (second === undefined) return true;
  return !((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
}

function isExactBitString(content: Uint8Array): boolean {
  const unused = content[0];
  if (unused === undefined || unused > 7) return false;
  if (content.length === 1) return unused === 0;
  return ((content.at(-1) ?? 0) & ((1 << unused) - 1)) === 0;
}

function isMinimalOid(content: Uint8Array): boolean {
  if (content.length === 0 || content.length > 32 || (content.at(-1) ?? 0x80) >= 0x80) return false;
  return content.every((octet, index) => octet !== 0x80 || (index > 0 && (content[index - 1] ?? 0) >= 0x80));
}
