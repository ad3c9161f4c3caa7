/** The kinds of values that options have; each says in its message what it wants. */

import { parseDurationMs, secondMs } from '@easycerts/core';
import { z } from 'zod';
import { canonicalIp, parseCidr } from '../ip-network.ts';

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether a text is a DNS name in lowercase: labels of RFC 1123, 253 characters at most. */
export function isDnsName(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => dnsLabel.test(label));
}

/** Whether a text can be the name of a host of a cluster: one lowercase DNS label, for it is also a token of subjects. */
export function isHostName(text: string): boolean {
  return dnsLabel.test(text);
}

export const hostName = z.string().refine(isHostName, 'must be one DNS label in lowercase');

export const port = z.int().min(1).max(65_535);

export const ipAddress = z
  .string()
  .refine((text) => canonicalIp(text) !== undefined, 'must be an IPv4 or IPv6 address')
  .transform((text) => canonicalIp(text) ?? text);

export const cidr = z.string().refine((text) => parseCidr(text) !== undefined, 'must be a network such as 10.1.0.0/16');

export const dnsName = z.string().refine(isDnsName, 'must be a DNS name in lowercase');

/** An IP address in canonical text, or a DNS name in lowercase. */
export const nameOrAddress = z
  .string()
  .transform((text) => canonicalIp(text) ?? text.toLowerCase())
  .refine((text) => canonicalIp(text) !== undefined || isDnsName(text), 'must be a DNS name or an IP address');

export const absolutePath = z.string().regex(/^\/[^\0]*$/, 'must be an absolute path');

/** Seconds; written as `90s`, `12h`, `30d`, `720h`. */
export const durationS = z
  .string()
  .refine((text) => (parseDurationMs(text) ?? 0) >= secondMs, 'must be a duration such as 90s, 12h or 30d')
  .transform((text) => Math.floor((parseDurationMs(text) ?? 0) / secondMs));

/** Arguments added to a command line: a list, or one text that is cut at white space (as NixOS's option is). */
export const extraOpts = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(/\s+/).filter((word) => word !== ''))])
  .default([])
  .describe('more arguments for its command line');

export const featureGates = z.record(z.string().regex(/^[A-Za-z0-9]+$/), z.boolean());

/** Kubernetes' -v, 0 (quiet) to 10. */
export const verbosity = z.int().min(0).max(10).optional().describe('how much it logs, 0 (little) to 10');
