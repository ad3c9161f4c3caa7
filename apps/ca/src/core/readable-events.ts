/** Which subjects of the stream EVENTS an automation reads, from the types that it asks for. */

import { type EventType, eventCatalogue, eventTypes, subjectPrefix } from '@easycerts/contracts';
import { AppError } from '@easycerts/core';
import { subjectMatches } from '@easycerts/runtime';

/** More than there are groups of events. */
const maxTypes = 50;

/**
 * The subject filters for `host.joined`, `certificate.*` or `*`; none covers another. A group takes in types that are added
 * later. AppError INVALID_INPUT for types that do not exist, and for those of the audit trail, which is for masters only.
 */
export function readableSubjectsOf(read: readonly string[]): readonly string[] {
  if (read.length === 0)
    throw refused('no type of event is named', 'name some: --read host.joined certificate.renewed');
  if (read.length > maxTypes)
    throw refused(`more than ${maxTypes} types of events`, 'use groups, such as certificate.*');
  const subjects = [...new Set(read.flatMap(subjectsOf))];
  return subjects.filter((one) => !subjects.some((other) => other !== one && subjectMatches(other, one)));
}

function subjectsOf(word: string): readonly string[] {
  if (word === '*') return [`${subjectPrefix}.cluster.>`, `${subjectPrefix}.host.*.>`];
  const group = /^([a-z-]+)\.\*$/.exec(word)?.[1];
  const types = eventTypes.filter((type) => (group === undefined ? type === word : type.startsWith(`${group}.`)));
  if (types.length === 0) {
    const cure = 'see docs/events.md, or use a group such as certificate.*';
    throw refused(`there is no event ${JSON.stringify(word.slice(0, 60))}`, cure);
  }
  const readable = types.filter((type) => eventCatalogue[type].scope !== 'audit');
  if (readable.length === 0) {
    throw refused(`${word} is on the audit trail`, 'read it on a master: `easycerts events --audit`');
  }
  return readable.map((type) => subjectOf(type, group === undefined ? type : `${group}.>`));
}

function subjectOf(type: EventType, rest: string): string {
  return eventCatalogue[type].scope === 'host' ? `${subjectPrefix}.host.*.${rest}` : `${subjectPrefix}.cluster.${rest}`;
}

function refused(message: string, cure: string): AppError {
  return new AppError('INVALID_INPUT', `read events: ${message}`, { details: { cure } });
}
