/** The shape of a spec file: a certificate spec with its version. Unknown keys are errors; absent means the safe choice. */

import { posix } from 'node:path';
import {
  alternativeNamesOf,
  authorityNames,
  type CertificateSpec,
  canonicalIp,
  deepFreeze,
  isDnsName,
  keyAlgorithms,
} from '@easycerts/cluster';
import { z } from 'zod';

export const specApiVersion = 'easycerts/v1';

export interface SpecFileProblem {
  /** Keys down to the problem: `alternativeNames.ip.0`; '' for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

export type ParsedSpec =
  | { readonly kind: 'spec'; readonly spec: CertificateSpec }
  | { readonly kind: 'problems'; readonly problems: readonly SpecFileProblem[] };

/** It becomes a file name of ours, so it is kept plain. */
const certificateName = z
  .string()
  .max(100)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'must be lowercase letters, digits, hyphens and dots');
const text = z.string().min(1).max(253);
export const account = z
  .string()
  .regex(/^[a-zA-Z0-9_][a-zA-Z0-9_.-]*\$?$/, 'must be the name or number of a user or group');

const specSchema = z.strictObject({
  apiVersion: z.literal(specApiVersion),
  name: certificateName,
  authority: z.enum(authorityNames),
  subject: z.strictObject({ commonName: text, organizations: z.array(text) }),
  alternativeNames: z
    .strictObject({
      dns: z.array(z.string().refine(isDnsName, 'must be a DNS name in lowercase')),
      ip: z.array(z.string().refine((ip) => canonicalIp(ip) !== undefined, 'must be an IP address')),
    })
    .transform(({ dns, ip }) => alternativeNamesOf([...dns, ...ip])),
  usages: z
    .array(z.enum(['server auth', 'client auth']))
    .min(1, 'must name a usage: none at all would mean any')
    .refine((usages) => new Set(usages).size === usages.length, 'must name each usage once'),
  keyAlgorithm: z.enum(keyAlgorithms),
  validityS: z
    .int()
    .min(1)
    .max(3_650 * 86_400),
  directory: z
    .string()
    .refine((path) => posix.isAbsolute(path) && posix.normalize(path) === path, 'must be an absolute path without ".."')
    .refine((path) => !path.endsWith('/') && !posix.basename(path).startsWith('.'), 'must end in a visible name'),
  owner: account,
  group: account,
  keyMode: z
    .int()
    .min(0o400)
    .refine((mode) => (mode & ~0o660) === 0, 'must not let others than owner and group read the key')
    .default(0o600),
  usedBy: z.array(z.string()),
  notify: z
    .strictObject({
      unit: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9@._-]*$/),
      action: z.enum(['reload', 'restart']),
    })
    .exactOptional(),
});

/** Reads the text of one spec file: the spec, frozen and in canonical order, or everything that is wrong with it. */
export function parseSpecFile(content: string): ParsedSpec {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    return { kind: 'problems', problems: [{ path: '', message: `not JSON: ${jsonProblem(error)}` }] };
  }
  const result = specSchema.safeParse(value);
  if (!result.success) return { kind: 'problems', problems: result.error.issues.map(problemOf) };
  const { apiVersion: _, ...spec } = result.data;
  return { kind: 'spec', spec: deepFreeze(spec) };
}

function problemOf(issue: z.core.$ZodIssue): SpecFileProblem {
  return { path: issue.path.map(String).join('.'), message: issue.message };
}

/** Without the quotation of the content that V8 adds: a file at the wrong place might be a key. */
function jsonProblem(error: unknown): string {
  return error instanceof Error
    ? error.message.replace(/,? ?"[\s\S]*$/, '').replace(/, \.\.\.[\s\S]*$/, '')
    : 'unreadable';
}
