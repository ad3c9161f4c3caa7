/** Every generated document, as path below the workspace and content. */

import { eventTypes } from '@easycerts/contracts';
import { asyncApiDocument } from './asyncapi.ts';
import { certificatesPage } from './certificates-page.ts';
import { configPage, configSchemaDocument, nodeConfigPage } from './config-page.ts';
import { dependenciesPage, type LockFile } from './dependencies-page.ts';
import { errorsPage } from './errors-page.ts';
import { eventSchemaOf } from './event-schema.ts';
import { eventsPage } from './events-page.ts';
import { reasonsPage } from './reasons-page.ts';

/** Folders of which every file is generated: what is there and not in {@link documents} is left over. */
export const documentFolders = ['docs/schemas', 'docs/config'] as const;

export interface WorkspaceFacts {
  /** The version that all packages share. */
  readonly version: string;
  readonly lock: LockFile;
}

/** All documents. */
export function documents({ version, lock }: WorkspaceFacts): ReadonlyMap<string, string> {
  return new Map([
    ['docs/events.md', eventsPage()],
    ['docs/asyncapi.json', json(asyncApiDocument(version))],
    ['docs/reasons.md', reasonsPage()],
    ['docs/errors.md', errorsPage()],
    ['docs/dependencies.md', dependenciesPage(lock)],
    ['docs/certificates.md', certificatesPage()],
    ['docs/config/cluster-yaml.md', configPage()],
    ['docs/config/node-yaml.md', nodeConfigPage()],
    ['docs/config/cluster.schema.json', json(configSchemaDocument())],
    ...eventTypes.map((type): [string, string] => [`docs/schemas/events/${type}.json`, json(schemaFile(type))]),
  ]);
}

function schemaFile(type: (typeof eventTypes)[number]): unknown {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:easycerts:v1:${type}`,
    ...eventSchemaOf(type, 'draft-2020-12'),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
