/** docs/asyncapi.json: the events for machines (https://www.asyncapi.com/docs/reference/specification/v3.0.0). */

import type { EventType } from '@easycerts/contracts';
import { busSubjectOf, eventCatalogue, eventTypes, exampleEventOf } from '@easycerts/contracts';
import { eventSchemaOf } from './event-schema.ts';

/** The AsyncAPI 3.0 document of the bus; `version` is that of the packages. */
export function asyncApiDocument(version: string): Readonly<Record<string, unknown>> {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'easycerts events',
      version,
      description:
        'What happens to certificates, components, hosts and addons. Facts in the past tense, published after the thing is ' +
        'durable. Readers accept repetitions (same id) and unknown fields.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    servers: {
      bus: {
        host: '{masterAddress}:{port}',
        protocol: 'nats',
        description: 'NATS with TLS; the client certificate decides what may be read.',
        variables: {
          masterAddress: { description: 'masterAddress of cluster.yaml', default: 'localhost' },
          port: { description: 'bus.port of cluster.yaml', default: '4222' },
        },
        security: [{ $ref: '#/components/securitySchemes/clientCertificate' }],
      },
    },
    channels: mapTypes(channelOf),
    operations: mapTypes(operationOf),
    components: {
      parameters: { host: { description: 'Name of the host that the event is about.' } },
      securitySchemes: { clientCertificate: { type: 'X509', description: 'A certificate of the easycerts CA.' } },
      messages: mapTypes(messageOf),
      schemas: mapTypes((type) => eventSchemaOf(type, 'draft-7')),
    },
  };
}

function channelOf(type: EventType): unknown {
  const isHost = eventCatalogue[type].scope === 'host';
  return {
    address: busSubjectOf(type, '{host}'),
    title: type,
    ...(isHost ? { parameters: { host: { $ref: '#/components/parameters/host' } } } : {}),
    messages: { [type]: { $ref: `#/components/messages/${type}` } },
  };
}

function operationOf(type: EventType): unknown {
  return {
    action: 'send',
    summary: eventCatalogue[type].summary,
    channel: { $ref: `#/channels/${type}` },
    messages: [{ $ref: `#/channels/${type}/messages/${type}` }],
  };
}

function messageOf(type: EventType): unknown {
  const definition = eventCatalogue[type];
  return {
    name: type,
    title: type,
    summary: definition.summary,
    ...('action' in definition ? { description: `What to do: ${definition.action}` } : {}),
    payload: { $ref: `#/components/schemas/${type}` },
    examples: [{ name: 'example', payload: exampleEventOf(type).event }],
  };
}

function mapTypes(make: (type: EventType) => unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(eventTypes.map((type) => [type, make(type)]));
}
