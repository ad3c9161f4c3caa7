/** PostgreSQL of its own, as installed: a new cluster of databases in a folder, asked through a socket in it. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface RunningPostgres {
  /** For github.com/lib/pq. */
  readonly dataSource: string;
  readonly pids: () => readonly number[];
  query(sql: string): string;
  stop(): Promise<void>;
}

const parent = '/usr/lib/postgresql';

/** Starts it, with its defaults: each commit is on disk before it is answered. It refuses to run as root. */
export async function startPostgres(folder: string): Promise<RunningPostgres> {
  const programs = programsFolder();
  const user = process.getuid?.() === 0 ? postgresUser() : undefined;
  const data = join(folder, 'data');
  mkdirSync(folder, { recursive: true });
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const options = { ...user, cwd: folder, stdio: 'pipe' } as const;
  const words = ['--pgdata', data, '--auth', 'trust', '--username', 'postgres'];
  execFileSync(join(programs, 'initdb'), words, options);
  const server = spawn(join(programs, 'postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses='], {
    ...user,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const query = (sql: string): string =>
    execFileSync(join(programs, 'psql'), ['-h', folder, '-U', 'postgres', '-Atqc', sql], options).toString();
  await untilReady(server, () => query('select 1'));
  return {
    dataSource: `host=${folder} user=postgres dbname=postgres sslmode=disable`,
    pids: () => [server.pid ?? 0, ...childrenOf(server.pid ?? 0)],
    query,
    async stop() {
      const ended = once(server, 'exit');
      // Fast shutdown: pg_ctl(1).
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function programsFolder(): string {
  const versions = existsSync(parent) ? readdirSync(parent).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(parent, version, 'bin'))
    .find((path) => existsSync(join(path, 'initdb')));
  if (found === undefined) throw new Error(`no PostgreSQL in ${parent}: apt-get install postgresql`);
  return found;
}

/** Made by Debian's package. */
function postgresUser(): { readonly uid: number; readonly gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('there is no user postgres');
  return { uid: Number(uid), gid: Number(gid) };
}

async function untilReady(server: ChildProcess, ask: () => unknown): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      ask();
      return;
    } catch (error) {
      if (attempt > 100 || server.exitCode !== null) throw error;
      await pause(100);
    }
  }
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
