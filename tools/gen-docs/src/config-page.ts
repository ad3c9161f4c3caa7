/** docs/config/: every key of cluster.yaml, from its schema, as a page and as a JSON Schema for editors. */

import { clusterConfigSchema, nodeOverrideKeys } from '@easycerts/cluster';
import { z } from 'zod';
import { codeBlock, generatedNotice, page, table } from './markdown.ts';

/** The part of JSON Schema that the options come to. */
interface OptionSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: OptionSchema;
  readonly anyOf?: readonly OptionSchema[];
  readonly properties?: Readonly<Record<string, OptionSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: OptionSchema | boolean;
}

/** cluster.yaml as an editor checks and completes it (draft 7). */
export function configSchemaDocument(): Readonly<Record<string, unknown>> {
  return {
    ...z.toJSONSchema(clusterConfigSchema, { target: 'draft-7', io: 'input' }),
    $id: 'urn:easycerts:v1:cluster.yaml',
    title: 'cluster.yaml of easycerts',
  };
}

/** The page of all keys, one section a block of keys. */
export function configPage(): string {
  const root = configSchemaDocument() as OptionSchema;
  const defaults: unknown = clusterConfigSchema.parse({ masterAddress: 'localhost' });
  const blocks = Object.entries(root.properties ?? {});
  const isBlock = ([, option]: readonly [string, OptionSchema]): boolean => option.properties !== undefined;
  return page([
    generatedNotice,
    '# cluster.yaml',
    introduction,
    '## The cluster',
    optionTable(root, '', defaults, (option) => option.properties === undefined),
    ...blocks
      .filter(isBlock)
      .flatMap(([name, option]) => [
        `## ${name}`,
        optionTable(option, `${name}.`, valueAt(defaults, name), () => true),
      ]),
  ]);
}

/** The page of node.yaml: those keys of cluster.yaml that may stand there. */
export function nodeConfigPage(): string {
  const { properties = {} } = configSchemaDocument() as OptionSchema;
  const defaults: unknown = clusterConfigSchema.parse({ masterAddress: 'localhost' });
  const allowed: Record<string, OptionSchema> = {};
  for (const [name, keys] of Object.entries(nodeOverrideKeys)) {
    const option = properties[name] ?? {};
    const inner = Object.entries(option.properties ?? {});
    allowed[name] =
      keys === true
        ? option
        : { ...option, properties: Object.fromEntries(inner.filter(([key]) => keys.includes(key))) };
  }
  return page([
    generatedNotice,
    '# node.yaml',
    nodeIntroduction,
    '## Its keys',
    optionTable({ properties: allowed }, '', defaults, () => true),
  ]);
}

const nodeIntroduction = `What concerns one node alone, in \`/etc/easycerts/node.yaml\` on that node:

${codeBlock('yaml', `kubelet:\n  nodeLabels: {disk: ssd}`)}

A node needs no configuration: what it must know of the cluster comes from the master ([how](../node-document.md)). These
keys are laid over that, with the meaning and the checks that they have in [cluster.yaml](cluster-yaml.md); any other is an
error, for it is the cluster's. A change is applied at once, and concerns no other host.

\`kubelet.nodeIp\` must be an address by which the master knows the host, because certificates are signed for nothing else: the
one from which it enrolled, and those given with \`--address\` when its token was made.`;

const introduction = `The smallest one:

${codeBlock('yaml', `roles: [master, node]\nmasterAddress: localhost`)}

Keys have the names and defaults of NixOS's \`services.kubernetes\`. An unknown key is an error; all problems are reported at
once, each with its path. \`easycerts config-renderer config\` prints the configuration with everything filled in. Editors
complete and check the file with [cluster.schema.json](cluster.schema.json): with the YAML language server, by a first line
\`# yaml-language-server: $schema=<path of cluster.schema.json>\`.

A key without a default takes its value from what its meaning says, or from the host.`;

function optionTable(
  schema: OptionSchema,
  prefix: string,
  defaults: unknown,
  isShown: (option: OptionSchema) => boolean,
): string {
  return table(['key', 'type', 'default', 'meaning'], rowsOf(schema, prefix, defaults, isShown));
}

function rowsOf(
  schema: OptionSchema,
  prefix: string,
  defaults: unknown,
  isShown: (option: OptionSchema) => boolean,
): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {})
    .filter(([, option]) => isShown(option))
    .flatMap(([name, option]) => {
      const path = `${prefix}${name}`;
      const value = valueAt(defaults, name);
      if (option.properties !== undefined) return rowsOf(option, `${path}.`, value, isShown);
      const isRequired = schema.required?.includes(name) ?? false;
      return [
        [
          `\`${path}\``,
          typeNameOf(option),
          isRequired ? 'required' : defaultText(option, value),
          option.description ?? '',
        ],
      ];
    });
}

/** The default as it is written in YAML; the schema's own word first, for a duration is parsed to seconds. */
function defaultText(option: OptionSchema, parsed: unknown): string {
  const value = option.default ?? parsed;
  return value === undefined ? '' : `\`${JSON.stringify(value)}\``;
}

function typeNameOf(option: OptionSchema): string {
  if (option.anyOf !== undefined) return option.anyOf.map(typeNameOf).join(' or ');
  if (option.enum !== undefined) return option.enum.map((word) => `\`${word}\``).join(', ');
  if (option.type === 'array') return `list of ${typeNameOf(option.items ?? {})}`;
  if (option.type === 'integer') return rangeText(option);
  if (typeof option.additionalProperties === 'object') return `map to ${typeNameOf(option.additionalProperties)}`;
  if (option.properties !== undefined) return `{${Object.keys(option.properties).join(', ')}}`;
  return option.type ?? 'anything';
}

function rangeText({ minimum, maximum }: OptionSchema): string {
  return minimum === undefined || maximum === undefined ? 'number' : `number, ${minimum} to ${maximum}`;
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}
