/** Component spec files: text becomes a spec that cannot be wrong, or problems with their keys. */

import type { ComponentSpec } from '@easycerts/cluster';
import { componentNames, serviceNames } from '@easycerts/cluster';
import { z } from 'zod';

const unitName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9@._-]*$/, 'must be made of letters, digits and @._-');
const absolutePath = z.string().regex(/^\/[^\0]*$/, 'must be an absolute path');
const text = z.string().refine((value) => !value.includes('\0'), 'must not hold a zero byte');
const userName = z.string().min(1);
const onChange = z.enum(['none', 'reload', 'restart']);
const limitMs = z.int().min(1).max(3_600_000);
const mode = z.int().min(0).max(0o7777);
const port = z.int().min(1).max(65_535);

const https = {
  kind: z.literal('https'),
  url: z.url({ protocol: /^https$/ }),
  caFile: absolutePath.exactOptional(),
  certFile: absolutePath.exactOptional(),
  keyFile: absolutePath.exactOptional(),
  serverName: z.string().exactOptional(),
  bodyIncludes: z.string().min(1).exactOptional(),
  orNotFound: z.literal(true).exactOptional(),
};

const health = z.discriminatedUnion('kind', [
  z.object(https),
  z.object({ kind: z.literal('http'), url: z.url({ protocol: /^http$/ }) }),
  z.object({ kind: z.literal('socket'), path: absolutePath }),
  z.object({ kind: z.literal('cri'), path: absolutePath }),
  z.object({
    kind: z.literal('tls'),
    host: z.string().min(1),
    port,
    caFile: absolutePath,
    certFile: absolutePath,
    keyFile: absolutePath,
  }),
  z.object({ kind: z.literal('tcp'), host: z.string().min(1), port }),
  z.object({ kind: z.literal('running') }),
  z.object({ kind: z.literal('file'), path: absolutePath }),
]);

// Keys of a newer config-renderer are passed over: after an upgrade joiner may be the older one for a moment.
const componentSchema = z.object({
  component: z.enum([...componentNames, ...serviceNames]),
  unit: unitName,
  description: z.string(),
  argv: z.array(text).min(1),
  env: z.record(z.string().regex(/^[^=\0]+$/), text),
  user: userName,
  group: userName,
  startAfter: z.array(unitName),
  files: z.array(z.object({ path: absolutePath, onChange })),
  certificates: z.array(
    z.object({ name: z.string().min(1), directory: absolutePath, onLeafChange: onChange, onBundleChange: onChange }),
  ),
  directories: z.array(z.object({ path: absolutePath, owner: userName, group: userName, mode })),
  health,
  preparations: z.array(z.object({ argv: z.array(text).min(1), file: absolutePath })).exactOptional(),
  nodeLabels: z
    .object({ node: z.string().min(1), labels: z.record(z.string(), z.string()), kubeconfig: absolutePath })
    .exactOptional(),
  startWhen: health.exactOptional(),
  reloadSignal: z.literal('SIGHUP').exactOptional(),
  startTimeoutMs: limitMs,
  stopTimeoutMs: limitMs,
  killMode: z.enum(['control-group', 'process']),
  isPackaged: z.literal(true).exactOptional(),
  systemdOptions: z.array(z.string()),
});

export type ParsedComponent =
  | { readonly kind: 'component'; readonly spec: ComponentSpec }
  | { readonly kind: 'problem'; readonly message: string };

/** Parses the file `<unit>.json`. */
export function parseComponent(content: string, unit: string): ParsedComponent {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return { kind: 'problem', message: 'not JSON' };
  }
  const parsed = componentSchema.safeParse(value);
  if (!parsed.success) return { kind: 'problem', message: parsed.error.issues.map(describeIssue).join('; ') };
  const spec: ComponentSpec = parsed.data;
  if (spec.unit !== unit) return { kind: 'problem', message: `unit: is ${spec.unit}, but the file is ${unit}.json` };
  if (!(spec.argv[0] ?? '').startsWith('/'))
    return { kind: 'problem', message: 'argv: the program must be an absolute path' };
  if (spec.startAfter.includes(unit)) return { kind: 'problem', message: 'startAfter: names the component itself' };
  return { kind: 'component', spec };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return `${issue.path.join('.') || '(file)'}: ${issue.message}`;
}
