/** The users that our services and components run as, added to a machine's passwd and group files. */

import { systemUsers } from '@easycerts/cluster';

// 60578 to 61183 are left free by Debian's policy and by systemd (https://systemd.io/UIDS-GIDS), and fit into 16 bits.
const firstId = 60_700;

export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
}

/**
 * Both files with our users added. A user or group that the machine has already is kept as it is. The same machine always
 * gives the same numbers: files of the last start belong to them.
 */
export function addSystemUsers(passwd: string, group: string): UserFiles {
  const groups = new Map(entriesOf(group));
  const users = new Map(entriesOf(passwd));
  const taken = new Set([...groups.values(), ...users.values()]);
  const addedGroups: string[] = [];
  const addedUsers: string[] = [];
  let next = firstId;
  for (const { name } of systemUsers) {
    while (taken.has(next)) next++;
    const id = next++;
    if (!groups.has(name)) addedGroups.push(`${name}:x:${id}:`);
    const gid = groups.get(name) ?? id;
    if (!users.has(name)) addedUsers.push(`${name}:x:${id}:${gid}:${name}:/nonexistent:/usr/sbin/nologin`);
  }
  return { passwd: append(passwd, addedUsers), group: append(group, addedGroups) };
}

/** The number of a user in a passwd file. */
export function userIdOf(passwd: string, name: string): number | undefined {
  return new Map(entriesOf(passwd)).get(name);
}

function entriesOf(text: string): readonly [string, number][] {
  return text.split('\n').flatMap((line): [string, number][] => {
    const [name, , id] = line.split(':');
    return name !== undefined && id !== undefined ? [[name, Number(id)]] : [];
  });
}

function append(text: string, lines: readonly string[]): string {
  const head = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return head + lines.map((line) => `${line}\n`).join('');
}
