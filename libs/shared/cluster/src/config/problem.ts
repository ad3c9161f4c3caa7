/** Problems of a configuration: all of them at once, each with its path and what to do. */

import { AppError } from '@easycerts/core';
import type { z } from 'zod';
import { closestKey } from './closest-key.ts';

export interface ConfigProblem {
  /** Path of the key: `apiserver.securePort`, `roles[0]`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** Of a file that is no configuration at all the parser complains thousands of times: nobody reads that. */
const maxShown = 50;
const maxLineLength = 400;

/** One error that lists every problem. */
export function configError(source: string, problems: readonly ConfigProblem[]): AppError {
  const lines = problems
    .slice(0, maxShown)
    .map(({ path, message }) => `  ${path === '' ? '(file)' : path}: ${message}`);
  const more = problems.length > maxShown ? [`  … and ${problems.length - maxShown} more`] : [];
  const list = [...lines.map((line) => visible(line.slice(0, maxLineLength))), ...more].join('\n');
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new AppError('INVALID_CONFIG', `${source}: ${count}\n${list}`, {
    details: {
      path: source,
      problems,
      cure: `mend the listed keys of ${source}; docs/config/cluster-yaml.md describes them all`,
    },
  });
}

/** Keys are told as they were written, but none acts on a terminal. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Problems of zod's issues; an unknown key gets a problem of its own with the nearest known key. */
export function problemsOfIssues(issues: readonly z.core.$ZodIssue[], schema: z.ZodType): readonly ConfigProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, issue.path);
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key]),
        message: unknownKeyMessage(key, known),
      }));
    }
    return [{ path: pathText(issue.path), message: messageOf(issue) }];
  });
}

/** `a.b[0].c`; a key with other characters in it stands in quotes. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = /^[\w-]+$/.test(String(part)) ? String(part) : JSON.stringify(String(part));
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.includes('undefined')) {
    return 'is missing';
  }
  return issue.message.replace(/^Invalid (input|option|string): /, '').replace(/^expected/, 'must be: expected');
}

function unknownKeyMessage(key: string, known: readonly string[]): string {
  const meant = closestKey(key, known);
  if (meant !== undefined) return `unknown key; did you mean ${meant}?`;
  return known.length === 0 ? 'unknown key' : `unknown key; known here: ${known.join(', ')}`;
}

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = schema;
  for (const part of path) at = shapeOf(at)?.[String(part)];
  return Object.keys(shapeOf(at) ?? {});
}

/** The shape of an object schema below its wrappers (default, prefault, optional). */
function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  let at = schema as { shape?: Record<string, unknown>; def?: { innerType?: unknown } } | undefined;
  while (at !== undefined && at.shape === undefined) at = at.def?.innerType as typeof at;
  return at?.shape;
}
