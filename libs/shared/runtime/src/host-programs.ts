/** Where this host has what Kubernetes needs of it: programs, CNI plugins, its own name servers. */

import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { cniFolders, type HostFacts, hostPrograms, isLoopback, parseIp, programFolders } from '@easycerts/cluster';

/** The first of each in `folders`. */
export async function findHostPrograms(folders: readonly string[]): Promise<HostFacts['programs']> {
  const found = await Promise.all(
    hostPrograms.map(async (name) => [name, await firstThatIs(folders.map((folder) => `${folder}/${name}`))] as const),
  );
  return Object.fromEntries(found.filter(([, path]) => path !== undefined));
}

/** Folders where programs are looked for, `binDir` first. */
export function foldersWith(binDir: string | undefined): readonly string[] {
  return binDir === undefined ? programFolders : [binDir, ...programFolders];
}

/** The folder that has the plugin `bridge`. */
export async function findCniFolder(folders: readonly string[] = cniFolders): Promise<string | undefined> {
  const plugin = await firstThatIs(folders.map((folder) => `${folder}/bridge`));
  return plugin?.slice(0, -'/bridge'.length);
}

/**
 * The file that names servers which pods can ask, too; '' when there is none. A server on loopback is the host's own (such as
 * systemd-resolved's): in a pod its address is the pod itself, and CoreDNS would ask itself for ever.
 */
export async function findResolvConf(etcDirectory: string, runDirectory: string): Promise<string> {
  const usual = `${etcDirectory}/resolv.conf`;
  const resolved = `${runDirectory}/systemd/resolve/resolv.conf`;
  const servers = await nameServersIn(usual);
  if (servers?.some(isOutside)) return usual;
  if ((await nameServersIn(resolved))?.some(isOutside)) return resolved;
  return servers === undefined ? '' : usual;
}

async function nameServersIn(path: string): Promise<readonly string[] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text?.split('\n').flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
}

function isOutside(server: string): boolean {
  const address = parseIp(server.replace(/%.*$/, ''));
  return address !== undefined && !isLoopback(address);
}

async function firstThatIs(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const isProgram = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isProgram) return path;
  }
  return undefined;
}
