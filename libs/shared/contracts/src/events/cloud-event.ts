/** Events on the wire: CloudEvents 1.0 in JSON (https://github.com/cloudevents/spec, JSON event format). */

import type { EventData, EventType } from './catalogue.ts';
import { eventCatalogue } from './catalogue.ts';

/** Prefix of every subject on the bus; the number changes only when an event changes incompatibly. */
export const subjectPrefix = 'easycerts.v1';
/** Prefix of CloudEvents' `type`. */
export const typePrefix = 'easycerts.';

export interface CloudEvent<T extends EventType = EventType> {
  readonly specversion: '1.0';
  /** Unique for the fact, not for the delivery: `type:subject:key`. Consumers drop repetitions by it. */
  readonly id: string;
  /** `/hosts/<host>/<service>`. */
  readonly source: string;
  readonly type: `easycerts.${T}`;
  /** What it is about: the certificate, component, addon or host. */
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: EventData<T>;
}

/** A fact to publish. `key` tells this fact from others of the same type and subject: a serial number, a time. */
export interface Fact<T extends EventType = EventType> {
  readonly type: T;
  readonly subject: string;
  readonly key: string;
  readonly data: EventData<T>;
}

export interface EventOrigin {
  readonly host: string;
  readonly service: string;
}

/** Makes the event of a fact. Throws zod's error when the data does not fit the catalogue: a defect of the caller. */
export function cloudEventOf<T extends EventType>(fact: Fact<T>, origin: EventOrigin, time: Date): CloudEvent<T> {
  return {
    specversion: '1.0',
    id: `${fact.type}:${fact.subject}:${fact.key}`,
    source: `/hosts/${origin.host}/${origin.service}`,
    type: `${typePrefix}${fact.type}`,
    subject: fact.subject,
    time: time.toISOString(),
    datacontenttype: 'application/json',
    data: eventCatalogue[fact.type].data.parse(fact.data) as EventData<T>,
  };
}

/** The subject on the bus where an event of this type belongs. */
export function busSubjectOf(type: EventType, host: string): string {
  const { scope } = eventCatalogue[type];
  return scope === 'host' ? `${subjectPrefix}.host.${host}.${type}` : `${subjectPrefix}.${scope}.${type}`;
}
