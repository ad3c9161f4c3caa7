/** The fields of certmgr's files by themselves: texts, durations, modes, files, addresses. Absent and null are the same, as in Go. */

import { posix } from 'node:path';
import { z } from 'zod';
import { account } from '../spec-schema.ts';
import type { AuthKeySource, ManagedFile } from './cfssl-spec.ts';
import { parseGoDuration } from './go-duration.ts';

/** Absent, or null as Nix writes it. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** Lists of texts in which null stands for nothing (NixOS writes an absent advertise address so). */
export const texts = z
  .array(z.string().nullable())
  .transform((list) => list.filter((text): text is string => text !== null && text !== ''));

export const duration = z.string().transform((text, context) => {
  const ms = parseGoDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: 'must be a duration as Go writes it: 72h, 1h30m' });
  return z.NEVER;
});

const path = z
  .string()
  .refine((text) => posix.isAbsolute(text) && !text.endsWith('/'), 'must be an absolute path of a file')
  .transform((text) => posix.normalize(text));

/** `0600`: Go reads a number that does not begin with 0 as decimal, which is never what was meant. YAML gives the number itself. */
const mode = z.union([z.string(), z.int()]).transform((value, context) => {
  const bits =
    typeof value === 'number' ? value : /^0o?[0-7]{3,4}$/.test(value) ? Number.parseInt(value.replace('o', ''), 8) : -1;
  if (bits >= 0 && (bits & ~0o777) === 0) return bits;
  context.addIssue({ code: 'custom', message: 'must be octal and begin with 0: "0640"' });
  return z.NEVER;
});

/** A file that a spec keeps; `defaultMode` where it names none. */
export function managedFile(defaultMode: number) {
  const schema = z.strictObject({ path, owner: optional(account), group: optional(account), mode: optional(mode) });
  return schema.transform(
    ({ path: place, owner, group, mode: bits }): ManagedFile => ({
      path: place,
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
      mode: bits ?? defaultMode,
    }),
  );
}

/** What a key may be given as: hexadecimal, or where it stands (cfssl's auth.New). */
export function authKeyOf(text: string): AuthKeySource | undefined {
  if (text.startsWith('file:')) return { kind: 'file', path: text.slice('file:'.length) };
  if (text.startsWith('env:')) return { kind: 'env', variable: text.slice('env:'.length) };
  return /^([0-9a-f]{2})+$/i.test(text) ? { kind: 'hex', hex: text.toLowerCase() } : undefined;
}

/**
 * Base addresses of a remote: several, separated by commas, are tried in order. As cfssl's client, one without a scheme is
 * http and the port is 8888; but https when there is a CA to verify the server with. Undefined for what is no address.
 */
export function remotesOf(text: string, hasRootCa: boolean): readonly string[] | undefined {
  const remotes = text.split(',').map((part) => remoteOf(part.trim(), hasRootCa));
  return remotes.includes(undefined) ? undefined : remotes.filter((remote) => remote !== undefined);
}

function remoteOf(text: string, hasRootCa: boolean): string | undefined {
  const url = URL.parse(text.includes('://') ? text : `${hasRootCa ? 'https' : 'http'}://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  // URL leaves the port of a scheme out
  const isPortGiven = url.port !== '' || /:(80|443)(\/|$)/.test(text);
  return `${url.protocol}//${url.host}${isPortGiven ? '' : ':8888'}${url.pathname.replace(/\/+$/, '')}`;
}
