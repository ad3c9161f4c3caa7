/** PEM (RFC 7468): text around DER. */

import { malformed } from './der.ts';

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, … */
  readonly label: string;
  readonly der: Uint8Array;
}

const lineLength = 64;
/** More than a bundle of a hundred CAs; nothing we read is larger. */
const maxPemLength = 1_048_576;

/** One block, lines of 64 characters, with a line feed at the end. */
export function encodePem(label: string, der: Uint8Array): string {
  const text = Buffer.from(der.buffer, der.byteOffset, der.length).toString('base64');
  let lines = '';
  for (let at = 0; at < text.length; at += lineLength) lines += `${text.slice(at, at + lineLength)}\n`;
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}

/**
 * Every block of a text, in order; text between blocks is ignored (RFC 7468 §2). AppError INVALID_INPUT when there is no
 * block, or one is cut, has headers (an encrypted key) or is not base64.
 */
export function decodePem(text: string): readonly PemBlock[] {
  if (text.length > maxPemLength) throw malformed('read PEM: larger than 1 MiB');
  const blocks: PemBlock[] = [];
  let label: string | undefined;
  let body: string[] = [];
  for (const line of text.split('\n')) {
    const boundary = line.startsWith('-----') ? boundaryPattern.exec(line) : null;
    if (boundary === null) {
      if (label !== undefined) body.push(line.trim());
    } else if (boundary[1] === 'BEGIN') {
      if (label !== undefined) throw malformed(`read PEM: ${label} has no end`);
      label = boundary[2];
      body = [];
    } else {
      if (label === undefined || label !== boundary[2])
        throw malformed(`read PEM: ${boundary[2]} ends but did not begin`);
      blocks.push({ label, der: decodeBase64(body.join(''), label) });
      label = undefined;
    }
  }
  if (label !== undefined) throw malformed(`read PEM: ${label} has no end`);
  if (blocks.length === 0) throw malformed('read PEM: not PEM');
  return blocks;
}

/** A carriage return before the line feed counts as blank. */
const boundaryPattern = /^-----(BEGIN|END) ([A-Z0-9][A-Z0-9 ]{0,63})-----\s*$/;

function decodeBase64(text: string, label: string): Uint8Array {
  const der = Buffer.from(text, 'base64');
  // Node skips what is not base64: only what comes back unchanged was.
  if (der.length === 0 || der.toString('base64') !== text) throw malformed(`read PEM: ${label} is not base64`);
  return new Uint8Array(der);
}
