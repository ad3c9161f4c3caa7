/** cluster.yaml's text becomes a configuration that cannot be wrong, or one error with every problem. */

import { parseDocument } from 'yaml';
import { clusterConfigSchema } from './cluster-config-schema.ts';
import { configProblems } from './config-checks.ts';
import { overrideProblems } from './node-overrides.ts';
import { type ConfigProblem, configError, problemsOfIssues } from './problem.ts';
import { type ClusterConfig, resolveConfig } from './resolve-config.ts';

export interface ParseOptions {
  /** Text of a YAML file whose keys count where `text` says nothing: what a developer's sandbox knows about itself. */
  readonly overlay?: string;
  /** Present: `text` is a node's configuration as its master gave it. `overrides`: the text of its node.yaml. */
  readonly node?: { readonly overrides?: string | undefined };
}

/**
 * Parses cluster.yaml (YAML 1.2, no duplicate keys). `source` names it in messages.
 * Throws AppError INVALID_CONFIG with every problem in `details.problems`.
 */
export function parseClusterConfig(text: string, source: string, options: ParseOptions = {}): ClusterConfig {
  const given = merge(mappingOf(text, source), overridesOf(options));
  const merged = options.overlay === undefined ? given : merge(mappingOf(options.overlay, 'overlay'), given);
  const parsed = clusterConfigSchema.safeParse(merged, { reportInput: true });
  if (!parsed.success) throw configError(source, problemsOfIssues(parsed.error.issues, clusterConfigSchema));
  const config = resolveConfig(parsed.data);
  const problems = configProblems(config, { isJoinedNode: options.node !== undefined });
  if (problems.length > 0) throw configError(source, problems);
  return config;
}

function overridesOf({ node }: ParseOptions): Readonly<Record<string, unknown>> {
  if (node?.overrides === undefined) return {};
  const overrides = mappingOf(node.overrides, 'node.yaml');
  const problems = overrideProblems(overrides);
  if (problems.length > 0) throw configError('node.yaml', problems);
  return overrides;
}

function mappingOf(text: string, source: string): Readonly<Record<string, unknown>> {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const problems: ConfigProblem[] = document.errors.map((error) => ({ path: '', message: firstLine(error.message) }));
  if (problems.length > 0) throw configError(source, problems);
  const value = plainValueOf(document, source);
  if (value === null || value === undefined) return {};
  if (!isMapping(value)) throw configError(source, [{ path: '', message: 'must be a mapping of keys to values' }]);
  return value;
}

/** YAML's aliases can be circular or explode; both show only here. */
function plainValueOf(document: ReturnType<typeof parseDocument>, source: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    JSON.stringify(value);
    return value;
  } catch (error) {
    throw configError(source, [{ path: '', message: error instanceof Error ? firstLine(error.message) : 'not YAML' }]);
  }
}

function merge(
  under: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const merged = Object.entries(over).map(([key, value]) => {
    const below = Object.hasOwn(under, key) ? under[key] : undefined;
    return [key, isMapping(value) && isMapping(below) ? merge(below, value) : value] as const;
  });
  // Not by assignment: `__proto__` is a key like any other, and unknown.
  return Object.fromEntries([...Object.entries(under), ...merged]);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/:$/, '') ?? text;
}
