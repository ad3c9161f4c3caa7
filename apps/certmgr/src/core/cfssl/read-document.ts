/** Text of a spec or configuration file, JSON or YAML, as plain values: keys as certmgr reads them. */

import { parseDocument } from 'yaml';
import type { SpecFileProblem } from '../spec-schema.ts';

export type DocumentFormat = 'json' | 'yaml';

export type ReadDocument =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'problems'; readonly problems: readonly SpecFileProblem[] };

/**
 * Reads one document. YAML is 1.1, as certmgr's library reads it; JSON keys are recognised in any case, as Go does. What is
 * wrong is said without quoting the file, which may hold a key.
 */
export function readDocument(text: string, format: DocumentFormat, knownKeys: readonly string[]): ReadDocument {
  if (isNestedTooDeeply(text)) return problem(`more than ${deepest} levels deep`);
  try {
    if (format === 'json') return { kind: 'value', value: withKnownKeys(JSON.parse(text), exactKeys(knownKeys)) };
    // Keys that are collections would take twice the time with every level, and be quoted in a warning of the library
    const document = parseDocument(text, { version: '1.1', uniqueKeys: true, stringKeys: true, prettyErrors: false });
    const first = document.errors[0];
    if (first !== undefined) return problem(`not YAML: ${first.code} at character ${first.pos[0]}`);
    const value: unknown = document.toJS({ maxAliasCount: 20 });
    // Circular aliases show only here
    JSON.stringify(value);
    return { kind: 'value', value };
  } catch {
    return problem(format === 'json' ? 'not JSON' : 'not YAML');
  }
}

/** A spec has four levels. What is only opened costs a parser of YAML more than what is closed. */
const deepest = 32;
const indicators = new RegExp(`^\\s*(?:[-?]\\s+){${deepest + 1}}`, 'm');

/** By brackets, in texts as well: one that opens so many more than it closes is no spec either. */
function isNestedTooDeeply(text: string): boolean {
  let level = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    if (bracket === '[' || bracket === '{') level += 1;
    else level = Math.max(0, level - 1);
    if (level > deepest) return true;
  }
  return indicators.test(text);
}

function problem(message: string): ReadDocument {
  return { kind: 'problems', problems: [{ path: '', message }] };
}

function exactKeys(known: readonly string[]): ReadonlyMap<string, string> {
  return new Map(known.map((key) => [key.toLowerCase(), key]));
}

function withKnownKeys(value: unknown, exact: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((member) => withKnownKeys(member, exact));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [
    exact.get(key.toLowerCase()) ?? key,
    withKnownKeys(member, exact),
  ]);
  return Object.fromEntries(members);
}
