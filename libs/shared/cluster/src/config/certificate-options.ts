/** `certificates` in cluster.yaml: one entry a certificate of the user's own. What the values mean together: certificate-rules.ts. */

import { z } from 'zod';
import { keyAlgorithms } from '../certificate-spec.ts';
import { authorityNames, roles } from '../component-name.ts';
import { durationS, hostName } from './option-types.ts';

/** Neither control characters nor look-alike blanks; 64 characters at most (RFC 5280, appendix A: ub-common-name). */
const attribute = z
  .string()
  .regex(/^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,64}(?<! )$/u, 'must be 1 to 64 visible characters, without blanks at its ends');
const account = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be the name of a user or group of the host');
const keyModes = ['0400', '0440', '0600', '0640'] as const;

/** `0640` and `640`, with or without quotes: YAML 1.2 reads both as decimal numbers. */
const keyMode = z
  .union([z.string(), z.number()])
  .transform((given) => String(given).padStart(4, '0'))
  .pipe(z.enum(keyModes, { error: `must be one of ${keyModes.join(', ')}: others never read a key` }));

const subjectOptions = z
  .strictObject({
    commonName: attribute.optional().describe('default: the name of the entry'),
    organizations: z.array(attribute).max(8).default([]).describe('in Kubernetes: groups'),
  })
  .prefault({});

export const certificateOptions = z.strictObject({
  subject: subjectOptions,
  names: z
    .array(z.string())
    .max(100)
    .default([])
    .describe(
      'DNS names and IP addresses; `{hostname}` stands for the host’s name, `{addresses}` for all of its addresses',
    ),
  usages: z
    .array(z.enum(['server auth', 'client auth']))
    .min(1, 'must name a usage: none at all would mean any')
    .refine((usages) => new Set(usages).size === usages.length, 'must name each usage once')
    .default(['server auth'])
    .describe('what it may be used for'),
  authority: z
    .enum(authorityNames)
    .default('services')
    .describe('`services`, or `kubernetes` for a client of the API server'),
  keyAlgorithm: z.enum(keyAlgorithms).optional().describe('default `pki.keyAlgorithm`'),
  validity: durationS.optional().describe('default `pki.validity`'),
  owner: account.default('root').describe('user that the key belongs to'),
  group: account.optional().describe('group of the key; default: the one with the name of `owner`'),
  keyMode: keyMode.default('0600').describe('mode of the key'),
  hosts: z.array(hostName).min(1, 'must name a host').optional().describe('names of the hosts that have it'),
  roles: z.array(z.enum(roles)).min(1, 'must name a role').optional().describe('or: the hosts of these roles have it'),
  unit: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9@._-]*$/, 'must be the name of a systemd service')
    .transform((name) => name.replace(/\.service$/, ''))
    .optional()
    .describe('systemd service that uses it, and is told when it changed; one that does not run is left alone'),
  action: z
    .enum(['reload', 'restart'])
    .default('reload')
    .describe('what the service needs to use what changed: `reload` or `restart`'),
});

/** It becomes a file name of ours and a name in the certificate list. */
const certificateName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lowercase letters, digits and hyphens');

/** By name. */
export const certificatesOptions = z
  .record(certificateName, certificateOptions)
  .default({})
  .describe('certificates of your own services on these hosts, kept like ours (docs/own-certificates.md)');

export type OwnCertificate = z.output<typeof certificateOptions>;
