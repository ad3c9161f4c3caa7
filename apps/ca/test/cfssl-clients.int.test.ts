/** cfssl's own commands and its Go client library against a whole CA over TLS. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { filesOfSet, parseClusterConfig, resolveCertificates } from '@easycerts/cluster';
import { CfsslKeysService } from '@easycerts/contracts';
import {
  encodePem,
  generateKeyPair,
  issueCertificate,
  newSerial,
  parseCertificate,
  privateKeyToPem,
  spkiOf,
  verifyCertificate,
} from '@easycerts/pki';
import { temporaryDirectory } from '@easycerts/testing';
import { master, node } from './fixture.ts';
import { type CaSite, type StartedCa, startSite } from './running-ca.ts';

const run = promisify(execFile);
const hasGo = await run('go', ['version']).then(
  () => true,
  () => false,
);

interface Programs {
  readonly cfssl: string;
  readonly cfssljson: string;
  readonly client: string;
}

describe("cfssl's own clients", hasGo ? { timeout: 300_000 } : { skip: 'needs Go' }, () => {
  let programs: Programs;
  let site: CaSite;
  let started: StartedCa;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let remote: string;
  let key: string;
  let serverCa: string;

  before(async () => {
    const tool = fileURLToPath(new URL('../../../tools/cfssl-client/src/main.ts', import.meta.url));
    const { stdout } = await run(process.execPath, [tool], { maxBuffer: 1_000_000 });
    programs = JSON.parse(stdout) as Programs;
    site = await startSite();
    started = await site.start({ cfssl: { address: '127.0.0.1', port: 0 } });
    await started.register(node);
    folder = await temporaryDirectory();
    remote = `https://localhost:${started.ca.cfsslPort}`;
    serverCa = filesOfSet(site.paths.caIdentity).ca;
    const keys = started.clientOf(CfsslKeysService, site.paths.hostIdentity);
    const ofN1 = { host: 'n1', profile: 'default', registerHost: false, addresses: [] };
    // The register is followed live: the host is there a moment later.
    for (let isThere = false; !isThere; ) {
      const made = await keys.createCfsslKey(ofN1).catch(() => undefined);
      key = made?.key ?? '';
      isThere = made !== undefined;
    }
  });

  after(async () => {
    await site?.close();
    await folder?.remove();
  });

  /** Writes a file and returns its path. */
  const file = async (name: string, content: unknown): Promise<string> => {
    const path = `${folder.path}/${name}`;
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };

  /** As a user of cfssl has it beside his requests. */
  const clientConfig = (hexKey: string) =>
    file('config.json', {
      signing: { default: { auth_remote: { remote: 'ca', auth_key: 'key' } } },
      auth_keys: { key: { type: 'standard', key: hexKey } },
      remotes: { ca: remote },
    });

  const gencert = async (csr: unknown, hexKey = key): Promise<string> => {
    const config = await clientConfig(hexKey);
    const request = await file('csr.json', csr);
    const args = ['gencert', '-loglevel', '5', '-config', config, '-tls-remote-ca', serverCa, request];
    return (await run(programs.cfssl, args)).stdout;
  };

  it('its own certificate, once certmgr has delivered it, is one of the CA that `info` shows', async () => {
    const config = parseClusterConfig(
      '{roles: [master, node], masterAddress: localhost, pki: {cfssl: {enable: true}}}',
      'test',
    );
    const spec = resolveCertificates(config, master, site.paths).find(({ name }) => name === 'cfssl-server');
    const keyPair = await generateKeyPair('ecdsa-p256');
    const authority = site.authorities.kubernetes;
    const { subject, alternativeNames, usages, directory } = spec ?? assert.fail();
    const [notBefore, notAfter] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
    const spkiDer = spkiOf(keyPair.publicKey);
    const template = {
      serial: newSerial(randomBytes),
      subject,
      alternativeNames,
      usages,
      notBefore,
      notAfter,
      spkiDer,
    };
    const files = filesOfSet(directory);
    const staged = filesOfSet(`${folder.path}/set`);
    await mkdir(`${folder.path}/set`);
    await writeFile(staged.cert, encodePem('CERTIFICATE', issueCertificate({ authority, template })));
    await writeFile(staged.key, privateKeyToPem(keyPair.privateKey), { mode: 0o600 });
    await writeFile(staged.ca, encodePem('CERTIFICATE', authority.certificate.der));
    await symlink(`${folder.path}/set`, directory);
    const info = () => run(programs.cfssl, ['info', '-remote', remote, '-tls-remote-ca', files.ca]);
    // The API looks at its files every two seconds.
    const trusted = async (): Promise<string> => info().then(({ stdout }) => stdout, trusted);
    assert.match(await trusted(), /BEGIN CERTIFICATE/);
    serverCa = files.ca;
  });

  it('`cfssl info` shows the CA that signs for Kubernetes', async () => {
    const { stdout } = await run(programs.cfssl, ['info', '-remote', remote, '-tls-remote-ca', serverCa]);
    const { certificate, usages } = JSON.parse(stdout);
    assert.equal(parseCertificate(certificate).fingerprint, site.authorities.kubernetes.certificate.fingerprint);
    assert.deepEqual(usages, ['signing', 'key encipherment', 'server auth', 'client auth']);
  });

  it('`cfssl gencert | cfssljson` gets what the list has for the host, with a key that stays here', async () => {
    const csr = {
      CN: 'system:node:n1',
      names: [{ O: 'system:nodes' }],
      hosts: ['system:node:n1'],
      key: { algo: 'rsa', size: 2048 },
    };
    const made = await gencert(csr);
    const json = spawn(programs.cfssljson, ['-bare', `${folder.path}/kubelet-client`], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    const ended = new Promise((resolve) => json.once('close', resolve));
    json.stdin.end(made);
    assert.equal(await ended, 0);
    const certificate = parseCertificate(await readFile(`${folder.path}/kubelet-client.pem`, 'utf8'));
    const bundle = [site.authorities.kubernetes.certificate];
    for (const usage of ['client auth', 'server auth'] as const) {
      assert.equal(verifyCertificate({ certificate, bundle, usage, at: new Date() }), undefined);
    }
    // What certmgr compares; Go writes this name into the request as a URI.
    assert.deepEqual(certificate.alternativeNames, { dns: ['system:node:n1'], ip: [] });
    assert.deepEqual(certificate.otherNames, []);
    assert.match(await readFile(`${folder.path}/kubelet-client-key.pem`, 'utf8'), /PRIVATE KEY/);
    assert.equal(
      (await started.client(site.paths.hostIdentity).getCertificate({ serial: certificate.serial })).host,
      'n1',
    );
  });

  it('`cfssl gencert` with another key, or for another host, gets nothing', async () => {
    const csr = { CN: 'n1', hosts: ['n1'], key: { algo: 'ecdsa', size: 256 } };
    await assert.rejects(gencert(csr, '00'.repeat(16)), /invalid token/);
    await assert.rejects(gencert({ ...csr, CN: 'm1', hosts: ['m1'] }), /Policy violation request/);
    await assert.rejects(gencert({ ...csr, names: [{ O: 'system:masters' }] }), /Policy violation request/);
  });

  it('`cfssl sign` without a key gets nothing', async () => {
    const csr = await file('n1.json', { CN: 'n1', hosts: ['n1'], key: { algo: 'ecdsa', size: 256 } });
    const { stdout } = await run(programs.cfssl, ['genkey', '-loglevel', '5', csr]);
    const pem = await file('n1.csr', JSON.parse(stdout).csr);
    const args = ['sign', '-loglevel', '5', '-remote', remote, '-tls-remote-ca', serverCa, pem];
    await assert.rejects(run(programs.cfssl, args), /authentication required/);
  });

  it("cfssl's Go client library is told what it understands, of what is granted and of what is not", async () => {
    const csr = await file('proxy.json', { CN: 'system:kube-proxy', key: { algo: 'ecdsa', size: 256 } });
    const pems: string[] = [];
    for (let count = 0; count < 2; count++) {
      pems.push(JSON.parse((await run(programs.cfssl, ['genkey', '-loglevel', '5', csr])).stdout).csr);
    }
    const [first, second] = pems;
    const ca = await readFile(serverCa, 'utf8');
    const common = { remote, ca, key };
    const sign = { certificate_request: first, hosts: [], profile: 'default' };
    const answers = await askLibrary([
      { ...common, call: 'info', info: { profile: 'default' } },
      { ...common, call: 'info', info: { profile: 'other' } },
      { ...common, call: 'authsign', sign },
      { ...common, call: 'authsign', sign },
      { ...common, call: 'authsign', sign: { ...sign, hosts: ['system:kube-proxy'] } },
      {
        ...common,
        call: 'authsign',
        sign: { ...sign, certificate_request: second, subject: { CN: 'n1', names: [{ O: 'system:masters' }] } },
      },
      { ...common, call: 'authsign', key: '00'.repeat(16), sign: { ...sign, certificate_request: second } },
      { ...common, call: 'sign', sign: { ...sign, certificate_request: second } },
    ]);
    const [info, unknown, granted, again, changed, masters, wrong, open] = answers;
    assert.equal(info?.info?.expiry, '720h0m0s');
    assert.match(unknown?.error ?? '', /Unknown policy profile/);
    assert.equal(parseCertificate(granted?.certificate ?? '').subject.commonName, 'system:kube-proxy');
    assert.deepEqual(again, granted);
    assert.match(changed?.error ?? '', /replayed/);
    assert.match(masters?.error ?? '', /Policy violation request/);
    assert.match(wrong?.error ?? '', /invalid token/);
    assert.match(open?.error ?? '', /authentication required/);
  });

  interface LibraryAnswer {
    readonly info?: { readonly expiry: string };
    readonly certificate?: string;
    readonly error?: string;
  }

  const askLibrary = async (requests: readonly unknown[]): Promise<readonly LibraryAnswer[]> => {
    const child = spawn(programs.client, { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(requests.map((request) => JSON.stringify(request)).join('\n'));
    const lines = await readText(child.stdout);
    return lines
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LibraryAnswer);
  };
});
