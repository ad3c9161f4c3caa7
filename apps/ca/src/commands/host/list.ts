/** `ca host list`: every host of the cluster. */

import { HostsService, type RegisteredHostDescription } from '@easycerts/contracts';
import { type CommandContext, formatTable } from '@easycerts/runtime';
import { type ConnectOptions, withService } from '../connect.ts';

/** Prints the hosts. */
export async function list(context: CommandContext, options: ConnectOptions): Promise<void> {
  const { hosts } = await withService(HostsService, { context, options }, (client) =>
    client.listHosts({}, { signal: context.signal }),
  );
  const json = (): string => `${JSON.stringify(hosts.map(hostJson), undefined, 2)}\n`;
  process.stdout.write(context.isJson ? json() : tableOf(hosts));
}

/** For `--json`: what does not apply is left out. */
export function hostJson({ name, roles, addresses, revoked, joinedAtMs, tokenId }: RegisteredHostDescription) {
  const joined = joinedAtMs === 0 ? {} : { joinedAt: new Date(joinedAtMs).toISOString() };
  return { name, roles, addresses, state: revoked ? 'revoked' : 'member', ...joined, ...(tokenId && { tokenId }) };
}

/** The table: one line a host. */
export function tableOf(hosts: readonly RegisteredHostDescription[]): string {
  const rows = hosts.map(({ name, roles, addresses, revoked, joinedAtMs, tokenId }) => [
    name,
    roles.join(','),
    revoked ? 'revoked' : 'member',
    joinedAtMs === 0 ? '-' : new Date(joinedAtMs).toISOString().slice(0, 19).replace('T', ' '),
    tokenId === '' ? '-' : tokenId,
    addresses.join(', '),
  ]);
  return formatTable(['NAME', 'ROLES', 'STATE', 'JOINED (UTC)', 'TOKEN', 'ADDRESSES'], rows);
}
