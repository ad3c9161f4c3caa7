/** A real `cfssl serve` with the very configuration that NixOS gives it, for tests. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '@easycerts/testing';

function findBinaries(): string | undefined {
  const built = globSync(`${homedir()}/.cache/easycerts/*/bin`);
  const folders = [process.env.EASYCERTS_BIN_DIR ?? '', ...built, ...(process.env.PATH ?? '').split(delimiter)];
  return folders.find((folder) =>
    ['cfssl', 'cfssljson'].every((name) => folder !== '' && existsSync(join(folder, name))),
  );
}

/** Reason for `skip`; false when the programs are there. */
export const missingCfssl: string | false =
  findBinaries() === undefined && 'cfssl is not built: run `npm start` once or set EASYCERTS_BIN_DIR';

export const authKey = '000102030405060708090a0b0c0d0e0f';

/** As pki.nix writes it: one profile with a key, no default. */
export const nixosConfig = (keyFile: string) => ({
  signing: { profiles: { default: { usages: ['digital signature'], auth_key: 'default', expiry: '720h' } } },
  auth_keys: { default: { type: 'standard', key: `file:${keyFile}` } },
});

export interface CfsslServer {
  readonly url: string;
  readonly rootCa: string;
  readonly keyFile: string;
  /** How many certificates it has signed. */
  signed(): number;
  output(): string;
  /** Starts it again after `stop`, with another CA if so wanted. */
  start(): Promise<void>;
  stop(): Promise<void>;
  makeCa(): void;
}

/** Starts a server in a folder; ended with the test. */
export async function startCfssl(
  test: Pick<TestContext, 'after'>,
  folder: string,
  config: (keyFile: string) => unknown = nixosConfig,
): Promise<CfsslServer> {
  const bin = findBinaries() ?? '';
  const [port, keyFile] = [await freePort(), `${folder}/apitoken.secret`];
  mkdirSync(folder, { recursive: true });
  writeFileSync(keyFile, authKey);
  writeFileSync(`${folder}/config.json`, JSON.stringify(config(keyFile)));
  const key = { algo: 'rsa', size: 2048 };
  const json = (bundle: Buffer, prefix: string): void => {
    execFileSync(`${bin}/cfssljson`, ['-bare', `${folder}/${prefix}`], { input: bundle, stdio: 'pipe' });
  };
  const cfssl = (args: readonly string[], request: unknown): Buffer =>
    execFileSync(`${bin}/cfssl`, [...args, '-'], { input: JSON.stringify(request), stdio: 'pipe' });
  let child: ChildProcess | undefined;
  let output = '';
  const server: CfsslServer = {
    url: `https://127.0.0.1:${port}`,
    rootCa: `${folder}/api-ca.pem`,
    keyFile,
    signed: () => output.match(/signed certificate with serial/g)?.length ?? 0,
    output: () => output,
    makeCa: () => {
      const names = [
        { CN: 'kubernetes-cluster-ca', O: 'NixOS', OU: 'services.kubernetes.pki.caSpec', L: 'auto-generated' },
      ];
      json(cfssl(['genkey', '-initca'], { key, names }), 'ca');
    },
    start: async () => {
      const files = ['-ca', `${folder}/ca.pem`, '-ca-key', `${folder}/ca-key.pem`, '-config', `${folder}/config.json`];
      const tls = ['-tls-cert', `${folder}/api.pem`, '-tls-key', `${folder}/api-key.pem`];
      const at = ['-address', '127.0.0.1', '-port', String(port)];
      const started = spawn(`${bin}/cfssl`, ['serve', ...files, ...tls, ...at], { stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
      started.once('exit', () => reject(new Error(`cfssl ended: ${output}`)));
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (chunk.toString().includes('Now listening')) resolve();
        });
      }
      await ready;
    },
    stop: async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
  server.makeCa();
  json(cfssl(['genkey', '-initca'], { CN: 'api', key }), 'api-ca');
  const apiCa = ['-ca', `${folder}/api-ca.pem`, '-ca-key', `${folder}/api-ca-key.pem`];
  json(cfssl(['gencert', ...apiCa], { CN: '127.0.0.1', hosts: ['127.0.0.1'], key }), 'api');
  test.after(() => server.stop());
  await server.start();
  return server;
}
