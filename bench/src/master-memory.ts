/** How much memory the CA and the bus of a master use, as the kernel counts it. */

import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Host } from '@easycerts/test-hosts';

export interface Memory {
  /** Proportional set size: shared pages are divided among those who share them. */
  readonly pssMiB: number;
  readonly rssMiB: number;
}

export interface MemoryWatch {
  /** The most that was seen, and processor time since the watch began. */
  stop(): { readonly peak: Memory; readonly cpuS: number };
}

const units = ['easycerts-ca', 'easycerts-nats'];
const lookMs = 200;
/** sysconf(_SC_CLK_TCK) of every Linux that Node.js runs on. */
const ticksPerSecond = 100;

/** Looks again and again until it is stopped. */
export async function watchMemory(master: Host): Promise<MemoryWatch> {
  const pids = await pidsOf(master);
  const begunTicks = ticksOf(pids);
  let peak: Memory = memoryOf(pids);
  const timer = setInterval(() => {
    const { pssMiB, rssMiB } = memoryOf(pids);
    peak = { pssMiB: Math.max(peak.pssMiB, pssMiB), rssMiB: Math.max(peak.rssMiB, rssMiB) };
  }, lookMs);
  return {
    stop() {
      clearInterval(timer);
      return { peak, cpuS: (ticksOf(pids) - begunTicks) / ticksPerSecond };
    },
  };
}

/** As the machine numbers them: those in the host's namespace that have the number which its systemd knows. */
async function pidsOf(master: Host): Promise<readonly number[]> {
  const shown = await master.mustExec(['systemctl', 'show', '--property=MainPID', '--value', ...units]);
  const inside = new Set(shown.split('\n').filter((line) => line !== ''));
  const namespace = namespaceOf(master.init()?.pid ?? 0);
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => namespaceOf(pid) === namespace && inside.has(innerPidOf(pid)));
  if (found.length !== units.length) throw new Error(`${found.length} processes of ${units.join(', ')}`);
  return found;
}

function namespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return '';
  }
}

function innerPidOf(pid: number): string {
  const path = `/proc/${pid}/status`;
  return existsSync(path) ? (/^NSpid:.*\t(\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '') : '';
}

/** What the kernel says now. */
export function memoryOf(pids: readonly number[]): Memory {
  const texts = pids.map((pid) => textOf(`/proc/${pid}/smaps_rollup`));
  const sum = (field: string): number =>
    texts.reduce((kib, text) => kib + Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0), 0) / 1024;
  return { pssMiB: sum('Pss'), rssMiB: sum('Rss') };
}

/** Processor time so far, in seconds. */
export function cpuSecondsOf(pids: readonly number[]): number {
  return ticksOf(pids) / ticksPerSecond;
}

/** '' of a process that has ended: some servers have one a connection. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}

/** utime, stime, and those of children that have ended: fields 14 to 17 of proc_pid_stat(5), the name in parentheses left out. */
function ticksOf(pids: readonly number[]): number {
  return pids.reduce((ticks, pid) => {
    const fields = textOf(`/proc/${pid}/stat`)
      .replace(/^.*\) /, '')
      .split(' ');
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), ticks);
  }, 0);
}
