/**
 * `node bench/simulated-hosts/main.ts join|leave …`: many hosts without kubelets join a cluster in one burst, or leave it again,
 * spread over a few processes. Prints one line of JSON. Exit code 1 when one of them did not get everything.
 */

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BurstReport, Outcome } from './burst-report.ts';
import type { Work, WorkerMessage } from './worker.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    'token-file': { type: 'string' },
    master: { type: 'string' },
    folder: { type: 'string' },
    'hosts-file': { type: 'string' },
    count: { type: 'string', default: '200' },
    first: { type: 'string', default: '1' },
    processes: { type: 'string', default: '4' },
    timeout: { type: 'string', default: '120' },
  },
});
const [kind] = positionals;
const { folder, master, 'hosts-file': hostsFile, 'token-file': tokenFile } = values;
if ((kind !== 'join' && kind !== 'leave') || folder === undefined || master === undefined) {
  process.stderr.write(`usage: main.ts join|leave --master NAME --folder DIR [--token-file FILE] [--hosts-file FILE]
  [--count N] [--first N] [--processes N] [--timeout SECONDS]
`);
  process.exit(2);
}
process.exitCode = hostsFile === undefined ? await run({ kind, folder, master }) : await runWithHosts(hostsFile);

/** The same once more, where /etc/hosts has the names of this file: those of test hosts, which the machine does not know. */
async function runWithHosts(file: string): Promise<number> {
  const others = process.argv
    .slice(2)
    .filter((word, index, all) => word !== '--hosts-file' && all[index - 1] !== '--hosts-file');
  const script = 'mount --bind "$1" /etc/hosts; shift; exec "$@"';
  const own = [process.execPath, import.meta.filename, ...others];
  const words = ['--mount', '--propagation', 'private', 'sh', '-ec', script, 'sh', file, ...own];
  const [code] = (await once(spawn('unshare', words, { stdio: 'inherit' }), 'exit')) as [number | null];
  return code ?? 1;
}

async function run(where: Pick<Work, 'kind' | 'folder' | 'master'>): Promise<number> {
  const { count, first, processes, timeout } = values;
  const names = Array.from(
    { length: Number(count) },
    (_, index) => `h${String(Number(first) + index).padStart(3, '0')}`,
  );
  const token = tokenFile === undefined ? '' : (await readFile(tokenFile, 'utf8')).trim();
  await mkdir(where.folder, { recursive: true, mode: 0o700 });
  const shares = Array.from({ length: Number(processes) }, (_, share) =>
    names.filter((_name, index) => index % Number(processes) === share),
  );
  const workers = shares.map((share) => ({
    share,
    child: fork(join(import.meta.dirname, 'worker.ts'), { env: { ...process.env, UV_THREADPOOL_SIZE: '32' } }),
  }));
  await Promise.all(workers.map(({ child }) => messageOf(child, 'loaded')));
  const startedMs = performance.now();
  const answers = await Promise.all(
    workers.map(({ share, child }) => {
      const work: Work = { ...where, names: share, token, timeoutMs: Number(timeout) * 1_000 };
      child.send(work);
      return messageOf(child, 'done');
    }),
  );
  const hosts: readonly Outcome[] = answers.flatMap((answer) => answer.hosts);
  const report: BurstReport = {
    elapsedMs: performance.now() - startedMs,
    cpuMs: answers.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    hosts: hosts.toSorted((a, b) => a.name.localeCompare(b.name)),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return hosts.some(({ problem }) => problem !== undefined) ? 1 : 0;
}

async function messageOf<K extends WorkerMessage['kind']>(
  worker: ChildProcess,
  wanted: K,
): Promise<Extract<WorkerMessage, { kind: K }>> {
  const ended = once(worker, 'exit').then(([code]) => Promise.reject(new Error(`a process of hosts ended: ${code}`)));
  const [message] = (await Promise.race([once(worker, 'message'), ended])) as [WorkerMessage];
  if (message.kind !== wanted) throw new Error(`${message.kind} instead of ${wanted}`);
  return message as Extract<WorkerMessage, { kind: K }>;
}
