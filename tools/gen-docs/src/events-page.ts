/** docs/events.md, from the catalogue and its examples. */

import type { EventScope, EventType } from '@easycerts/contracts';
import {
  busSubjectOf,
  eventCatalogue,
  eventTypes,
  exampleEventOf,
  subjectPrefix,
  typePrefix,
} from '@easycerts/contracts';
import type { SchemaField } from './event-schema.ts';
import { dataSchemaOf, fieldsOf } from './event-schema.ts';
import { anchorOf, codeBlock, generatedNotice, page, table } from './markdown.ts';

const publisherOf: Readonly<Record<EventScope, string>> = {
  cluster: 'the services of a master',
  host: 'the services of the host it is about',
  audit: 'the services of a master; only masters may read it',
};

/** The page of all events: how to read them, then each with its fields and an example. */
export function eventsPage(): string {
  return page([
    generatedNotice,
    '# Events',
    introduction(),
    table(
      ['event', 'what has happened'],
      eventTypes.map((type) => [`[${type}](${anchorOf(type)})`, eventCatalogue[type].summary]),
    ),
    ...eventTypes.flatMap(sectionOf),
  ]);
}

function introduction(): string {
  return `Everything that happens is published on NATS as a [CloudEvents 1.0](https://cloudevents.io) JSON document and kept in a
JetStream stream. Read them with:

${codeBlock(
  'sh',
  `npm run easycerts -- events --follow                 # as it happens
npm run --silent easycerts -- events --json          # what is stored, one JSON document a line`,
)}

Events are facts in the past tense, published after the thing is durable; they carry no secret. They are hints: whoever acts
on one looks at the truth (files, the ledger, Kubernetes) first. Readers must accept

- the same event more than once: it has the same \`id\` each time;
- fields and event types that they do not know: both are only ever added (\`vectors/events/\` holds what was released);
- further values in lists of words, such as \`reason\`.

| scope | subject | published by |
| --- | --- | --- |
| cluster | \`${subjectPrefix}.cluster.<event>\` | ${publisherOf.cluster} |
| host | \`${subjectPrefix}.host.<host>.<event>\` | ${publisherOf.host} |
| audit | \`${subjectPrefix}.audit.<event>\` | ${publisherOf.audit} |

CloudEvents' \`type\` is \`${typePrefix}<event>\`. For machines: [asyncapi.json](asyncapi.json) describes all of it, and
[schemas/events/](schemas/events) has one JSON Schema an event. Words in \`reason\` are explained in [reasons.md](reasons.md),
words in \`code\` in [errors.md](errors.md).`;
}

function sectionOf(type: EventType): readonly string[] {
  const definition = eventCatalogue[type];
  const action = 'action' in definition ? `What to do: ${definition.action}` : '';
  return [
    `## ${type}`,
    definition.summary,
    action,
    `Subject: \`${busSubjectOf(type, '<host>')}\`. JSON Schema: [${type}.json](schemas/events/${type}.json).`,
    table(['field of `data`', 'type', 'meaning'], fieldsOf(dataSchemaOf(type, 'draft-2020-12')).map(rowOf)),
    codeBlock('json', JSON.stringify(exampleEventOf(type).event, null, 2)),
  ];
}

function rowOf(field: SchemaField): readonly string[] {
  const allowed = field.allowed.length === 0 ? '' : `one of ${field.allowed.map((word) => `\`${word}\``).join(', ')}`;
  const meaning = [field.description, allowed].filter((text) => text !== '').join(': ');
  return [`\`${field.path}\``, field.isRequired ? field.type : `${field.type}, optional`, meaning];
}
