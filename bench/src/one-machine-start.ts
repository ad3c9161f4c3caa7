/** From `up --detach` to a Ready node, against the same binaries started by a script with certificates made beforehand. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Result, spreadOf } from './result.ts';

const repository = join(import.meta.dirname, '../..');
const program = [process.execPath, join(repository, 'apps/easycerts/src/main.ts')] as const;
const script = join(repository, 'bench/by-hand/cluster.sh');
/** Neither side takes longer on any machine that we have seen. */
const timeoutMs = 300_000;

export async function oneMachineStart(rounds: number, say: (line: string) => void): Promise<Result> {
  if (process.getuid?.() !== 0) throw new Error('one-machine-start needs root');
  const work = mkdtempSync(join(tmpdir(), 'easycerts-bench-'));
  const ours: number[] = [];
  const theirs: number[] = [];
  try {
    const data = join(work, 'data');
    timeOurs(data); // installs what is missing, warms the disk's cache
    easycerts(['down', '--data-dir', data]);
    const input = layOut(data, join(work, 'input'));
    easycerts(['reset', '--data-dir', data]);
    for (let round = 1; round <= rounds; round++) {
      ours.push(timeOurs(data));
      easycerts(['reset', '--data-dir', data]);
      theirs.push(await timeByHand(input, join(work, 'by-hand')));
      say(`  round ${round}: ours ${ours.at(-1)?.toFixed(1)} s, by hand ${theirs.at(-1)?.toFixed(1)} s`);
    }
  } finally {
    easycerts(['reset', '--data-dir', join(work, 'data')]);
    rmSync(work, { recursive: true, force: true });
  }
  return {
    name: 'one-machine-start',
    what: 'clean data directory to node Ready, certificates and events included; by hand: certificates made beforehand',
    ours: spreadOf(ours),
    theirs: spreadOf(theirs),
    ratio: spreadOf(ours).median / spreadOf(theirs).median,
    unit: 's',
    goal: '≤ 1.5',
  };
}

function timeOurs(data: string): number {
  const start = performance.now();
  easycerts(['up', '--detach', '--data-dir', data]);
  return (performance.now() - start) / 1000;
}

function easycerts(args: readonly string[]): void {
  const [node, main] = program;
  execFileSync(node, [main, ...args], { stdio: ['ignore', 'ignore', 'inherit'], timeout: timeoutMs });
}

/** What a person would have made beforehand: certificates, configuration and command lines of a stopped cluster. */
function layOut(data: string, input: string): string {
  mkdirSync(join(input, 'commands'), { recursive: true });
  mkdirSync(join(input, 'images'));
  for (const name of ['kubernetes', 'easycerts'])
    cpSync(join(data, 'etc', name), join(input, 'etc', name), { recursive: true });
  execFileSync('cp', ['-rL', join(data, 'var/lib/kubernetes/secrets'), join(input, 'secrets')]);
  const overlay = JSON.parse(withoutComments(join(data, 'etc/easycerts/overlay.yaml'))) as Overlay;
  writeFileSync(join(input, 'address'), `${overlay.kubelet.nodeIp}\n`);
  writeFileSync(join(input, 'hostname'), `${overlay.kubelet.hostname}\n`);
  const assets = JSON.parse(
    execFileSync(process.execPath, [join(repository, 'tools/kube-assets/src/main.ts'), 'node', '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString(),
  ) as Assets;
  symlinkSync(assets.binDir, join(input, 'bin'));
  symlinkSync(assets.cniBinDir, join(input, 'cni'));
  for (const image of ['pause', 'coredns'] as const)
    cpSync(assets.images[image].archive, join(input, 'images', `${image}.tar`));
  const specs = join(data, 'etc/easycerts/components.d');
  for (const file of readdirSync(specs)) {
    const spec = JSON.parse(readFileSync(join(specs, file), 'utf8')) as Spec;
    const env = Object.entries(spec.env).map(([name, value]) => `export ${name}=${quote(value)}\n`);
    const text = `${env.join('')}exec ${spec.argv.map(quote).join(' ')}\n`;
    writeFileSync(join(input, 'commands', `${spec.unit}.sh`), text);
  }
  return input;
}

interface Overlay {
  readonly kubelet: { readonly nodeIp: string; readonly hostname: string };
}

interface Assets {
  readonly binDir: string;
  readonly cniBinDir: string;
  readonly images: Readonly<Record<'pause' | 'coredns', { readonly archive: string }>>;
}

interface Spec {
  readonly unit: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

async function timeByHand(input: string, work: string): Promise<number> {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  execFileSync('cp', ['-a', input, join(work, 'input')]);
  const start = performance.now();
  const child = spawn('bash', [script, work], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await lineOf(child, 'node Ready');
    return (performance.now() - start) / 1000;
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    execFileSync('sh', ['-c', `rm -rf ${quote(dirname(join(work, 'x')))}`]);
  }
}

async function lineOf(child: ChildProcess, wanted: string): Promise<void> {
  if (child.stdout === null) throw new Error('no output');
  const timer = setTimeout(() => child.kill('SIGTERM'), timeoutMs);
  try {
    for await (const line of createInterface({ input: child.stdout })) if (line === wanted) return;
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`${script} ended before the node was Ready`);
}

function withoutComments(file: string): string {
  return readFileSync(file, 'utf8').replace(/^#.*$/gm, '');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
