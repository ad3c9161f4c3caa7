/**
 * Events as they come from the bus: checked before anyone acts on them. nats-server vouches for the subject only, so what an
 * event says about itself must agree with it: a node can then speak for itself and for nobody else.
 */

import type { CloudEvent, EventType } from '@easycerts/contracts';
import { busSubjectOf, eventCatalogue, eventTypes, subjectPrefix, typePrefix } from '@easycerts/contracts';
import type { Finding } from '@easycerts/core';
import { z } from 'zod';

export const eventFindings = ['not-an-event', 'other-subject', 'other-source', 'other-data'] as const;
export type EventFinding = Finding<(typeof eventFindings)[number]>;

export type ParsedEvent =
  | { readonly kind: 'event'; readonly event: CloudEvent }
  | { readonly kind: 'refused'; readonly finding: EventFinding };

const maxTextLength = 1_024;
const text = z.string().min(1).max(maxTextLength);
const envelope = z.object({
  specversion: z.literal('1.0'),
  id: text,
  source: text,
  type: text,
  subject: z.string().max(maxTextLength),
  time: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
});
const sourcePattern = /^\/hosts\/([^/]+)\/([a-z0-9-]+)$/;

/**
 * The event in a message, or why it is none. Types of a newer version pass, because consumers must accept what they do not
 * know; the data of a known type fits its schema, with further fields kept.
 */
export function parseEvent(busSubject: string, data: Uint8Array): ParsedEvent {
  const parsed = envelope.safeParse(parseJson(data));
  if (!parsed.success)
    return refused('not-an-event', parsed.error.issues.map((issue) => issue.path.join('.')).join(', '));
  const { type, source } = parsed.data;
  const host = sourcePattern.exec(source)?.[1];
  if (host === undefined) return refused('other-source', source);
  const shortType = type.startsWith(typePrefix) ? type.slice(typePrefix.length) : undefined;
  if (shortType === undefined || !isSubjectOf(busSubject, shortType)) return refused('other-subject', type);
  const speaker = hostOfSubject(busSubject);
  if (speaker !== undefined && speaker !== host) return refused('other-source', source);
  if (isKnown(shortType)) {
    const misfit = eventCatalogue[shortType].data.safeParse(parsed.data.data);
    if (!misfit.success)
      return refused('other-data', misfit.error.issues.map((issue) => issue.path.join('.')).join(', '));
    if (speaker !== undefined && 'host' in parsed.data.data && parsed.data.data.host !== speaker) {
      return refused('other-source', String(parsed.data.data.host));
    }
  }
  return { kind: 'event', event: { ...parsed.data, datacontenttype: 'application/json' } as unknown as CloudEvent };
}

/** The host that published on this subject; undefined for subjects of the cluster, where only masters publish. */
export function hostOfSubject(busSubject: string): string | undefined {
  const [product, version, scope, host] = busSubject.split('.');
  return `${product}.${version}` === subjectPrefix && scope === 'host' ? host : undefined;
}

/** The same fact told twice has the same key; hosts cannot collide, whatever ids they choose. */
export function deduplicationKey(busSubject: string, event: CloudEvent): string {
  return `${busSubject} ${event.id}`;
}

/** A subject is prefix, scope, for hosts the name, then the type; a known type has one scope only. */
function isSubjectOf(busSubject: string, type: string): boolean {
  if (isKnown(type)) return busSubject === busSubjectOf(type, hostOfSubject(busSubject) ?? '');
  return busSubject.startsWith(`${subjectPrefix}.`) && busSubject.endsWith(`.${type}`);
}

function isKnown(type: string): type is EventType {
  return (eventTypes as readonly string[]).includes(type);
}

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

function refused(reason: (typeof eventFindings)[number], detail: string): ParsedEvent {
  return { kind: 'refused', finding: { reason, detail: detail.slice(0, maxTextLength) } };
}
