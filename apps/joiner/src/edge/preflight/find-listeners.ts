/** Which ports are taken, and by whom. Sockets of other users' processes have no name unless we are root. */

import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Listener } from '../../core/preflight/facts.ts';
import { parseListening, unitOfCgroup } from '../../core/preflight/socket-table.ts';

export async function findListeners(proc: string): Promise<readonly Listener[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => textOf(`${proc}/net/${name}`)));
  const sockets = tables.flatMap(parseListening);
  const owners = await ownersOf(new Set(sockets.map(({ inode }) => inode)), proc);
  return Promise.all(
    sockets.map(async ({ address, inode, port }) => ({ port, address, ...(await describe(owners.get(inode), proc)) })),
  );
}

/** Process by inode of its socket. */
async function ownersOf(inodes: ReadonlySet<string>, proc: string): Promise<ReadonlyMap<string, string>> {
  const processes = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    processes.map(async (pid) => {
      const descriptors = await readdir(`${proc}/${pid}/fd`).catch(() => []);
      const targets = await Promise.all(
        descriptors.map((name) => readlink(`${proc}/${pid}/fd/${name}`).catch(() => '')),
      );
      return targets.flatMap((target) => {
        const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
        return inode !== undefined && inodes.has(inode) ? [[inode, pid] as const] : [];
      });
    }),
  );
  return new Map(found.flat());
}

async function describe(pid: string | undefined, proc: string): Promise<Pick<Listener, 'program' | 'unit'>> {
  if (pid === undefined) return {};
  const [program, cgroup] = await Promise.all([textOf(`${proc}/${pid}/comm`), textOf(`${proc}/${pid}/cgroup`)]);
  const unit = unitOfCgroup(cgroup);
  return { ...(program === '' ? {} : { program: program.trim() }), ...(unit === undefined ? {} : { unit }) };
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
