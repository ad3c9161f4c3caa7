/**
 * certmgr with NixOS's specs against a whole CA over TLS: one certificate for each spec, and none at later wakes. Ours always;
 * cloudflare's when CLOUDFLARE_CERTMGR says where it is, as nobody distributes that program.
 */

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { filesOfSet } from '@easycerts/cluster';
import { CfsslKeysService } from '@easycerts/contracts';
import { parseCertificate } from '@easycerts/pki';
import { freePort, temporaryDirectory } from '@easycerts/testing';
import { node } from './fixture.ts';
import { type CaSite, type StartedCa, startSite } from './running-ca.ts';
import { ledgerSize } from './traces.ts';

const vectors = new URL('../../../vectors/certmgr-specs/nixos/json/', import.meta.url).pathname;
const { CLOUDFLARE_CERTMGR: original = '' } = process.env;

interface Certmgr {
  readonly name: string;
  readonly skip: string | false;
  readonly command: (root: string) => readonly string[];
}

const programs: readonly Certmgr[] = [
  {
    name: 'our certmgr',
    skip: false,
    command: (root) => [process.execPath, `${import.meta.dirname}/../../certmgr/src/main.ts`, '--root', root],
  },
  {
    name: "cloudflare's certmgr",
    skip: original === '' && 'CLOUDFLARE_CERTMGR does not say where it is',
    command: () => [original],
  },
];

/** NixOS's specs of a node, and the certificates of the list that they are. */
const ofNode = ['flannelClient', 'kubeProxyClient', 'kubelet', 'kubeletClient'];

let site: CaSite;
let ca: StartedCa;
const keys = new Map<string, string>();

before(async () => {
  site = await startSite();
  ca = await site.start({ cfssl: { address: '127.0.0.1', port: 0 } });
  await ca.register(node);
  const service = ca.clientOf(CfsslKeysService, site.paths.hostIdentity);
  for (const host of ['m1', 'n1']) {
    const request = { host, profile: 'default', registerHost: false, addresses: [] };
    // The register is followed live: a host is there a moment later.
    for (let key: string | undefined; key === undefined; keys.set(host, key ?? '')) {
      key = (await service.createCfsslKey(request).catch(() => undefined))?.key;
    }
  }
});
after(() => site?.close());

interface SpecHost {
  readonly secrets: string;
  readonly specs: string;
  /** Runs a command of certmgr to its end. */
  run(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }>;
  /** Starts the daemon as NixOS's unit does. */
  start(): ChildProcess;
  /** A metric by spec. */
  metric(name: string): Promise<ReadonlyMap<string, number>>;
}

/** A host with specs of NixOS: only paths, the server, names of hosts and the actions are put in the place of NixOS's. */
async function specHost(
  t: TestContext,
  { command }: Certmgr,
  { host, names }: { readonly host: string; readonly names: readonly string[] },
): Promise<SpecHost> {
  const { path: root, remove } = await temporaryDirectory();
  t.after(remove);
  const [specs, secrets, config] = [`${root}/certmgr.d`, `${root}/secrets`, `${root}/certmgr.yaml`];
  for (const folder of [specs, secrets]) await mkdir(folder);
  await writeFile(`${root}/apitoken.secret`, keys.get(host) ?? '');
  for (const name of names) {
    const text = (await readFile(`${vectors}${name}.json`, 'utf8'))
      .replaceAll('/var/lib/kubernetes/secrets/apitoken.secret', `${root}/apitoken.secret`)
      .replaceAll('/var/lib/kubernetes/secrets/ca.pem', filesOfSet(site.paths.caIdentity).ca)
      .replaceAll('/var/lib/kubernetes/secrets', secrets)
      .replaceAll('https://api.kube:8888', `https://localhost:${ca.ca.cfsslPort}`)
      .replaceAll('api.kube', 'localhost')
      .replaceAll('n1.kube', host)
      .replaceAll(/systemctl restart [a-z. -]+/g, 'true')
      .replaceAll(/"(owner|group)":"[a-z]+",/g, '');
    await writeFile(`${specs}/${name}.json`, text);
  }
  const metrics = await freePort();
  await writeFile(
    config,
    `dir: ${specs}\nsvcmgr: command\ninterval: 1s\nmetrics_address: 127.0.0.1\nmetrics_port: ${metrics}\n`,
  );
  const [file = '', ...own] = command(`${root}/host`);
  const line = (args: readonly string[]) => [...own, '-f', config, ...args];
  const env = { PATH: process.env.PATH ?? '' };
  return {
    secrets,
    specs,
    run(...args) {
      const { promise, resolve } = Promise.withResolvers<{ code: number | null; output: string }>();
      const child = execFile(file, line(args), { env }, (_, stdout, stderr) =>
        resolve({ code: child.exitCode, output: stdout + stderr }),
      );
      return promise;
    },
    start() {
      const child = spawn(file, line([]), { env, stdio: 'ignore' });
      t.after(async () => {
        if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
      });
      return child;
    },
    async metric(name) {
      const answer = await fetch(`http://127.0.0.1:${metrics}/metrics`).catch(() => undefined);
      const text = (await answer?.text()) ?? '';
      const found = text.matchAll(new RegExp(`^${name}\\{name="([^"]+)"[^}]*\\} (\\S+)$`, 'gm'));
      return new Map([...found].map(([, spec = '', value]) => [spec, Number(value)]));
    },
  };
}

/** Resolves when every spec of the daemon has been looked at `wakes` times after the first. */
async function woken(host: SpecHost, { count, wakes }: { readonly count: number; readonly wakes: number }) {
  const seen = new Map<string, Set<number>>();
  const isDone = () => seen.size === count && [...seen.values()].every((times) => times.size > wakes);
  while (!isDone()) {
    for (const [spec, at] of await host.metric('certmgr_spec_spec_next_wake_timestamp')) {
      seen.set(spec, (seen.get(spec) ?? new Set()).add(at));
    }
    await setTimeout(50);
  }
}

for (const program of programs) {
  describe(program.name, { skip: program.skip, timeout: 120_000 }, () => {
    test("gets NixOS's four certificates of a node once: later calls and wakes ask for none", async (t) => {
      const host = await specHost(t, program, { host: 'n1', names: ofNode });
      const before = await ledgerSize(site, ca);
      const checked = await host.run('check');
      assert.deepEqual([checked.code, await ledgerSize(site, ca)], [0, before], checked.output);
      const first = await host.run('ensure');
      assert.deepEqual([first.code, await ledgerSize(site, ca)], [0, before + ofNode.length], first.output);
      const files = async () =>
        Promise.all((await readdir(host.secrets)).map((name) => readFile(`${host.secrets}/${name}`, 'utf8')));
      const written = await files();
      assert.equal(written.length, 2 * ofNode.length);
      const again = await host.run('ensure');
      assert.deepEqual([again.code, await ledgerSize(site, ca)], [0, before + ofNode.length], again.output);
      const daemon = host.start();
      await woken(host, { count: ofNode.length, wakes: 4 });
      assert.deepEqual([...(await host.metric('certmgr_spec_request_failure_count')).values()].filter(Boolean), []);
      daemon.kill('SIGTERM');
      await once(daemon, 'exit');
      assert.equal(await ledgerSize(site, ca), before + ofNode.length);
      assert.deepEqual(await files(), written);
      const kubelet = parseCertificate(await readFile(`${host.secrets}/kubelet-client.pem`, 'utf8'));
      assert.deepEqual(kubelet.subject, { commonName: 'system:node:n1', organizations: ['system:nodes'] });
      assert.equal(kubelet.keyAlgorithm, 'rsa-2048');
    });

    test('keeps a client certificate without names when its spec says `key_usages: ["client auth"]`', async (t) => {
      const host = await specHost(t, program, { host: 'n1', names: ['kubeProxyClient'] });
      const file = `${host.specs}/kubeProxyClient.json`;
      const spec = JSON.parse(await readFile(file, 'utf8'));
      const changed = { ...spec, key_usages: ['client auth'], request: { ...spec.request, hosts: [] } };
      await writeFile(file, JSON.stringify(changed));
      const before = await ledgerSize(site, ca);
      for (let call = 0; call < 2; call += 1) {
        const { code, output } = await host.run('ensure');
        assert.deepEqual([code, await ledgerSize(site, ca)], [0, before + 1], output);
      }
      const { usages } = parseCertificate(await readFile(`${host.secrets}/kube-proxy-client.pem`, 'utf8'));
      assert.deepEqual(usages, ['client auth']);
    });
  });
}

test("of NixOS's fifteen specs of a master ours gets nine once, and is told in words why not the others", async (t) => {
  const [ours = assert.fail()] = programs;
  const names = (await readdir(vectors)).map((file) => file.replace('.json', ''));
  const refused = [
    'apiserverEtcdClient',
    'apiserverProxyClient',
    'clusterAdmin',
    'controllerManager',
    'etcd',
    'serviceAccount',
  ];
  const host = await specHost(t, ours, { host: 'm1', names });
  const before = await ledgerSize(site, ca);
  for (let call = 0; call < 2; call += 1) {
    const { code, output } = await host.run('ensure');
    assert.deepEqual([code, await ledgerSize(site, ca)], [1, before + names.length - refused.length], output);
    const told = output.split('\n').filter((line) => line.includes('Policy violation request: '));
    for (const name of names) {
      const isTold = told.some((line) => line.includes(`${name}.json`));
      assert.equal(isTold, refused.includes(name), `${name}: ${output}`);
    }
  }
});
