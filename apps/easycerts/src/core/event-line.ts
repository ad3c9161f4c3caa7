/** One event as one line: for people, and for programs. What hosts wrote never reaches a terminal as a control sequence. */

import type { CloudEvent } from '@easycerts/contracts';
import { typePrefix } from '@easycerts/contracts';
import { hostIn, speakerOf } from './event-selection.ts';

const hostWidth = 12;
const typeWidth = 23;
const longestValue = 120;
/** Told by the other columns, too long for a line, or of no use to people. */
const unshownFields = new Set(['host', 'lastLines', 'fingerprint']);
const alarming = /\.(refused|failed|rejected|rolled-back)$/;

/** `2020-01-01 12:00:00Z  n1  certificate.renewed  kubelet-client  serial=a1 reason=near-expiry`, with a line feed. */
export function formatEventLine(event: CloudEvent, options: { readonly colour: boolean }): string {
  const time = `${event.time.slice(0, 19).replace('T', ' ')}Z`;
  const type = event.type.slice(typePrefix.length);
  const host = hostIn(event) ?? speakerOf(event);
  const fields = Object.entries(event.data)
    .filter(([name, value]) => !unshownFields.has(name) && value !== event.subject && !isEmpty(value))
    .map(([name, value]) => `${name}=${describe(value)}`);
  const shownType = colourOf(printable(type).padEnd(typeWidth), options.colour && alarming.test(type));
  const words = [
    time,
    printable(host).padEnd(hostWidth),
    shownType,
    printable(event.subject),
    printable(fields.join(' ')),
  ];
  return `${words.join('  ').trimEnd()}\n`;
}

/** The CloudEvent as JSON in one line, with a line feed. */
export function formatEventJson(event: CloudEvent): string {
  const escaped = JSON.stringify(event).replace(/[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
  return `${escaped}\n`;
}

function describe(value: unknown): string {
  const text = Array.isArray(value) ? value.map((each) => textOf(each)).join(',') : textOf(value);
  const short = text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
  return /[\s"=]/.test(short) ? JSON.stringify(short) : short;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}

function colourOf(text: string, isAlarming: boolean): string {
  return isAlarming ? `\u001b[31m${text}\u001b[0m` : text;
}
