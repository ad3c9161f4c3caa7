/** What the sandbox takes over from this machine. */

import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { AppError } from '@easycerts/core';
import type { EtcEntry } from '../core/etc-plan.ts';
import { systemFolders, type TopLevel } from '../core/system-plan.ts';
import { outputOf } from './run-program.ts';

/** The machine's folders of programs, as they are: links or folders. */
export function readTopLevel(): readonly TopLevel[] {
  return systemFolders.flatMap((path): TopLevel[] => {
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return [];
    return facts.isSymbolicLink() ? [{ path, linkTarget: readlinkSync(path) }] : [{ path }];
  });
}

/** What is in the machine's /etc. */
export function readEtcEntries(): readonly EtcEntry[] {
  return readdirSync('/etc', { withFileTypes: true }).map((entry): EtcEntry => {
    const kind = entry.isDirectory() ? 'directory' : 'file';
    if (!entry.isSymbolicLink()) return { name: entry.name, kind };
    return { name: entry.name, kind, linkTarget: readlinkSync(`/etc/${entry.name}`) };
  });
}

/** What is in the machine's /etc/systemd. */
export function readSystemdEntries(): readonly string[] {
  try {
    return readdirSync('/etc/systemd');
  } catch {
    return [];
  }
}

/** The id of this start of the machine. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Every network that the machine has a route to, in all routing tables, but for the default routes. */
export async function readRoutes(): Promise<readonly string[]> {
  const text = await outputOf('ip', ['-json', '-4', 'route', 'show', 'table', 'all']);
  const routes: unknown = JSON.parse(text === '' ? '[]' : text);
  if (!Array.isArray(routes)) throw new AppError('INTERNAL', 'ip route: unexpected output');
  return routes.flatMap((route: unknown): string[] => {
    if (typeof route !== 'object' || route === null || !('dst' in route) || typeof route.dst !== 'string') return [];
    if (route.dst === 'default') return [];
    return [route.dst.includes('/') ? route.dst : `${route.dst}/32`];
  });
}

/** The alias of a network interface ('' when it has none); undefined when there is no such interface. */
export function readInterfaceAlias(name: string): string | undefined {
  try {
    return readFileSync(`/sys/class/net/${name}/ifalias`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
