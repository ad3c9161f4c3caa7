/** A real kube-apiserver with a real etcd behind it, for tests; both end with the test. */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, createWriteStream, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { createTestPki } from './test-pki.ts';

export interface KubeBinaries {
  readonly etcd: string;
  readonly apiserver: string;
  readonly kubectl: string;
}

/** Where the binaries are (EASYCERTS_BIN_DIR, or the cache of tools/kube-assets), or undefined when they have not been built. */
export function findKubeBinaries(): KubeBinaries | undefined {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'easycerts');
  const given = process.env.EASYCERTS_BIN_DIR;
  const folders = [...(given === undefined ? [] : [given]), ...binFoldersBelow(cache)];
  const complete = folders.find((folder) =>
    ['etcd', 'kube-apiserver', 'kubectl'].every((name) => isProgram(join(folder, name))),
  );
  if (complete === undefined) return undefined;
  return {
    etcd: join(complete, 'etcd'),
    apiserver: join(complete, 'kube-apiserver'),
    kubectl: join(complete, 'kubectl'),
  };
}

/** Reason for `skip` of a test that needs the binaries; false when they are there. */
export const missingKubeBinaries: string | false =
  findKubeBinaries() === undefined &&
  'kube-apiserver, etcd and kubectl are not built: run `npm start` once or set EASYCERTS_BIN_DIR';

export interface KubeApiServer {
  readonly url: string;
  /** A kubeconfig with file paths for a new client certificate; its set is in `<folder>/<name>`. */
  writeKubeconfig(name: string, commonName: string, organizations?: readonly string[]): Promise<string>;
  /** Runs kubectl as super-admin and gives back what it prints. Rejects when it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  stop(): Promise<void>;
  /** Stops and starts only kube-apiserver. */
  restart(): Promise<void>;
}

export interface KubeApiServerOptions {
  /** Default RBAC. */
  readonly authorizationMode?: string;
  /** More flags. */
  readonly flags?: readonly string[];
}

/** Starts both below `folder` and resolves when the API server is ready. */
export async function startKubeApiServer(folder: string, options: KubeApiServerOptions = {}): Promise<KubeApiServer> {
  const binaries = findKubeBinaries();
  if (binaries === undefined) throw new Error('no binaries');
  const [etcdPort, peerPort, securePort] = [await freePort(), await freePort(), await freePort()];
  const pki = await createTestPki('kubernetes');
  const serving = await pki.writeSet(join(folder, 'serving'), {
    commonName: 'kube-apiserver',
    usages: ['server auth'],
    alternativeNames: { dns: ['localhost'], ip: ['127.0.0.1'] },
  });
  const serviceAccountKey = join(folder, 'service-account.key');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(serviceAccountKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });

  const url = `https://127.0.0.1:${securePort}`;
  const etcd = launch(
    binaries.etcd,
    [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=http://127.0.0.1:${etcdPort}`,
      `--advertise-client-urls=http://127.0.0.1:${etcdPort}`,
      `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
      '--unsafe-no-fsync',
    ],
    join(folder, 'etcd.log'),
  );
  const startServer = (): ChildProcess =>
    launch(
      binaries.apiserver,
      [
        `--etcd-servers=http://127.0.0.1:${etcdPort}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${securePort}`,
        `--tls-cert-file=${serving}/tls.crt`,
        `--tls-private-key-file=${serving}/tls.key`,
        `--client-ca-file=${serving}/ca.crt`,
        `--authorization-mode=${options.authorizationMode ?? 'RBAC'}`,
        '--service-cluster-ip-range=10.0.0.0/24',
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${serviceAccountKey}`,
        `--service-account-signing-key-file=${serviceAccountKey}`,
        '--endpoint-reconciler-type=none',
        '--shutdown-watch-termination-grace-period=1s',
        '--shutdown-send-retry-after=true',
        ...(options.flags ?? []),
      ],
      join(folder, 'apiserver.log'),
    );
  let server = startServer();

  const writeKubeconfig: KubeApiServer['writeKubeconfig'] = async (name, commonName, organizations = []) => {
    const set = await pki.writeSet(join(folder, name), { commonName, organizations });
    const path = join(folder, `${name}.kubeconfig`);
    await writeFile(path, kubeconfigText(url, name, set), { mode: 0o600 });
    return path;
  };
  const admin = await writeKubeconfig('super-admin', 'kubernetes-super-admin', ['system:masters']);
  await untilReady(url, join(folder, 'super-admin'), server, join(folder, 'apiserver.log'));

  return {
    url,
    writeKubeconfig,
    kubectl: (args, input) => run(binaries.kubectl, ['--kubeconfig', admin, ...args], input),
    async stop() {
      await end(server);
      await end(etcd);
    },
    async restart() {
      await end(server);
      server = startServer();
      await untilReady(url, join(folder, 'super-admin'), server, join(folder, 'apiserver.log'));
    },
  };
}

function kubeconfigText(server: string, name: string, set: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster: { server, 'certificate-authority': `${set}/ca.crt` } }],
    users: [{ name, user: { 'client-certificate': `${set}/tls.crt`, 'client-key': `${set}/tls.key` } }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: name } }],
    'current-context': 'local',
  });
}

function launch(program: string, args: readonly string[], logFile: string): ChildProcess {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  return child;
}

/** With a time limit that is generous for a machine under load. */
async function untilReady(url: string, set: string, server: ChildProcess, logFile: string): Promise<void> {
  const deadlineMs = Date.now() + 120_000;
  while (Date.now() < deadlineMs && server.exitCode === null) {
    if ((await readyz(url, set)) === 200) return;
    await sleep(100);
  }
  throw new Error(
    `kube-apiserver did not become ready:\n${(await readFile(logFile, 'utf8')).split('\n').slice(-15).join('\n')}`,
  );
}

async function readyz(url: string, set: string): Promise<number> {
  const [ca, cert, key] = await Promise.all(['ca.crt', 'tls.crt', 'tls.key'].map((name) => readFile(join(set, name))));
  const { promise, resolve } = Promise.withResolvers<number>();
  const outgoing = request(`${url}/readyz`, { ca, cert, key, agent: false, timeout: 5_000 }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  outgoing.on('error', () => resolve(0));
  outgoing.on('timeout', () => outgoing.destroy());
  outgoing.end();
  return promise;
}

async function run(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.end(input);
  await once(child, 'close');
  if (child.exitCode === 0) return Buffer.concat(out).toString('utf8');
  throw new Error(`kubectl ${args.join(' ')}: ${Buffer.concat(err).toString('utf8')}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(timer);
}

function binFoldersBelow(cache: string): readonly string[] {
  try {
    return readdirSync(cache).map((version) => join(cache, version, 'bin'));
  } catch {
    return [];
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
