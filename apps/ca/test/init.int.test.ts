/** `ca init`: what it makes, and that it makes all of it or nothing. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { authorityNames, filesOfSet, type Paths, pathsUnder } from '@easycerts/cluster';
import { AppError, isAppError } from '@easycerts/core';
import { keyMatches, parseBundle, parseCertificate, parsePrivateKeyPem, verifyCertificate } from '@easycerts/pki';
import { loadUsers, readBusKeys, type Users, withFileLock } from '@easycerts/runtime';
import { type TemporaryDirectory, temporaryDirectory } from '@easycerts/testing';
import { certificateOf, decodeRecords } from '../src/core/ledger-record.ts';
import { authorityFiles, loadAuthorities } from '../src/edge/authority-files.ts';
import { busKeysDirectory } from '../src/edge/guard-bus.ts';
import { journalFile } from '../src/edge/import-journal.ts';
import { type InitOptions, initializeCa } from '../src/edge/initialize/initialize.ts';
import { serviceAccountKeyId } from '../src/edge/initialize/make-initial-state.ts';
import { config, master, specOf } from './fixture.ts';

let folder: TemporaryDirectory;
let paths: Paths;
beforeEach(async () => {
  folder = await temporaryDirectory();
  paths = pathsUnder(folder.path);
});
afterEach(() => folder.remove());

const users = loadUsers({ isRoot: false });
const now = new Date();
const init = (part: Partial<InitOptions> = {}) => initializeCa({ config, host: master, paths, users, now, ...part });

/** Every file but locks; symbolic links are not followed. */
async function filesBelow(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const found = entries.map(async (entry) => {
    const below = `${path}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(below);
    return entry.isFile() && !below.endsWith('.lock') ? [below] : [];
  });
  return (await Promise.all(found)).flat().sort();
}

/** Names and hashes of every file. */
async function contentsBelow(path: string): Promise<readonly string[]> {
  const files = await filesBelow(path);
  return Promise.all(files.map(async (file) => `${file} ${hash('sha256', await readFile(file))}`));
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('five authorities are made, each a root of its own', async () => {
  const { authorities, isResumed } = await init();
  assert.equal(isResumed, false);
  const certificates = authorityNames.map((name) => authorities[name].certificate);
  assert.equal(new Set(certificates.map(({ subjectText }) => subjectText)).size, 5);
  assert.equal(new Set(certificates.map(({ spkiFingerprint }) => spkiFingerprint)).size, 5);
  for (const { isCa, pathLength, notBefore, notAfter } of certificates) {
    assert.deepEqual([isCa, pathLength], [true, 0]);
    assert.ok(notBefore < now);
    assert.equal(Math.round((notAfter.getTime() - now.getTime()) / 86_400_000), 3_650);
  }
  assert.deepEqual((await loadAuthorities(paths.ca)).etcd.certificate.der, authorities.etcd.certificate.der);
});

test('every key is readable by its owner only, and nothing of the CA by others', async () => {
  await init();
  const secrets = (await filesBelow(folder.path)).filter((path) => /\.(key|nk)$/.test(path));
  // Five CA keys, four of the bus, one for service accounts, three of certificate sets.
  assert.equal(secrets.length, 13);
  for (const path of secrets) assert.equal(await modeOf(path), 0o600, path);
  assert.equal(await modeOf(paths.ca), 0o700);
});

test('the first certificates are those of the list, fit their keys and verify', async () => {
  await init();
  for (const [name, directory] of [
    ['host', paths.hostIdentity],
    ['ca-server', paths.caIdentity],
    ['bus-server', paths.natsIdentity],
  ] as const) {
    const files = filesOfSet(directory);
    const certificate = parseCertificate(await readFile(files.cert, 'utf8'));
    const bundle = parseBundle(await readFile(files.ca, 'utf8'));
    const spec = specOf(master, name);
    assert.deepEqual(certificate.subject, spec.subject);
    assert.deepEqual(certificate.alternativeNames, spec.alternativeNames);
    assert.ok(keyMatches(certificate, parsePrivateKeyPem(await readFile(files.key, 'utf8'))));
    for (const usage of spec.usages)
      assert.equal(verifyCertificate({ certificate, bundle, usage, at: now }), undefined);
  }
});

test('the journal holds exactly the certificates on disk', async () => {
  await init();
  const records = decodeRecords(await readFile(journalFile(paths.ca)), 'journal');
  assert.deepEqual(
    records.map(({ name, host, authority }) => [name, host, authority]),
    [
      ['host', 'm1', 'easycerts'],
      ['ca-server', 'm1', 'easycerts'],
      ['bus-server', 'm1', 'easycerts'],
    ],
  );
  const onDisk = parseCertificate(await readFile(filesOfSet(paths.hostIdentity).cert, 'utf8'));
  assert.equal(certificateOf(records[0] ?? assert.fail()).fingerprint, onDisk.fingerprint);
});

test('the service-account key has the id that Kubernetes gives it, and verifies what it signs', async () => {
  const { serviceAccountKeyId: id } = await init();
  const signing = parsePrivateKeyPem(await readFile(`${paths.serviceAccountKeys}/sa-signing.key`, 'utf8'));
  const spki = signing.publicKey.export({ type: 'spki', format: 'der' });
  assert.equal(id, serviceAccountKeyId(spki));
  assert.match(id, /^[A-Za-z0-9_-]{43}$/);
  const pem = await readFile(`${paths.serviceAccountKeys}/sa-verify.pub`, 'utf8');
  assert.equal(pem, signing.publicKey.export({ type: 'spki', format: 'pem' }));
});

test('the keys of the bus can be read back', async () => {
  await init();
  const keys = await readBusKeys(busKeysDirectory(paths));
  assert.match(keys.issuer.publicKey, /^A/);
  for (const user of [keys.systemUser, keys.authUser, keys.bootUser]) assert.match(user.publicKey, /^U/);
});

test('another key algorithm and prefix are taken from the configuration', async () => {
  const pki = { ...config.pki, keyAlgorithm: 'rsa-2048', commonNamePrefix: 'acme' } as const;
  const { authorities } = await init({ config: { ...config, pki } });
  assert.equal(authorities.kubernetes.certificate.keyAlgorithm, 'rsa-2048');
  assert.equal(authorities['front-proxy'].certificate.subjectText, 'CN=acme front-proxy CA');
});

test('a second run refuses, names what exists, and changes nothing', async () => {
  await init();
  const before = await contentsBelow(folder.path);
  await assert.rejects(init(), (error) => {
    assert.ok(isAppError(error, 'ALREADY_EXISTS'));
    for (const path of [paths.ca, paths.serviceAccountKeys, paths.hostIdentity, paths.caIdentity, paths.natsIdentity]) {
      assert.ok(error.message.includes(path), path);
    }
    return true;
  });
  assert.deepEqual(await contentsBelow(folder.path), before);
});

const leftovers: Readonly<Record<string, (paths: Paths) => string>> = {
  'only the CA': ({ ca }) => `${ca}/authorities/kubernetes/ca.key`,
  'only service-account keys': ({ serviceAccountKeys }) => `${serviceAccountKeys}/sa-signing.key`,
  'only a host identity, of another cluster perhaps': ({ hostIdentity }) => `${hostIdentity}/tls.key`,
};

for (const [name, fileOf] of Object.entries(leftovers)) {
  test(`it refuses when there is ${name}`, async () => {
    const file = fileOf(paths);
    await mkdir(file.slice(0, file.lastIndexOf('/')), { recursive: true });
    await writeFile(file, 'precious');
    await assert.rejects(init(), (error) => isAppError(error, 'ALREADY_EXISTS'));
    assert.equal(await readFile(file, 'utf8'), 'precious');
    assert.equal(
      (await filesBelow(folder.path)).filter((path) => path.endsWith('.key')).length,
      1 - Number(!file.endsWith('.key')),
    );
  });
}

test('empty folders that a package made are no obstacle', async () => {
  for (const path of [paths.ca, paths.serviceAccountKeys, paths.hostIdentity, paths.natsIdentity]) {
    await mkdir(path, { recursive: true, mode: 0o755 });
  }
  await init();
  assert.equal(await modeOf(paths.ca), 0o700);
});

const steps = [
  'made keys and certificates',
  'committed',
  'delivered host',
  'delivered ca-server',
  'delivered bus-server',
  'delivered sa-signing.key',
  'delivered sa-verify.pub',
];

/** Runs `ca init` in another process, which is killed at `step`. */
async function runKilledAt(step: string): Promise<readonly string[]> {
  const child = spawn(process.execPath, [`${import.meta.dirname}/init-child.ts`, folder.path, step]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const [code, signal] = await once(child, 'close');
  assert.deepEqual([code, signal], [null, 'SIGKILL'], output);
  return output.trim().split('\n');
}

for (const step of steps) {
  test(`killed after "${step}": the next run ends with a whole CA`, async () => {
    const seen = await runKilledAt(step);
    assert.equal(seen.at(-1), step);
    const isCommitted = step !== steps[0];
    const rootBefore = isCommitted ? await readFile(authorityFiles(paths.ca, 'easycerts').cert) : undefined;
    const { isResumed } = await init();
    assert.equal(isResumed, isCommitted);
    if (rootBefore !== undefined)
      assert.deepEqual(await readFile(authorityFiles(paths.ca, 'easycerts').cert), rootBefore);
    const bundle = parseBundle(await readFile(authorityFiles(paths.ca, 'easycerts').cert, 'utf8'));
    for (const directory of [paths.hostIdentity, paths.caIdentity, paths.natsIdentity]) {
      const certificate = parseCertificate(await readFile(filesOfSet(directory).cert, 'utf8'));
      assert.equal(verifyCertificate({ certificate, bundle, at: now }), undefined);
    }
    assert.deepEqual(
      (await readdir(paths.state)).filter((entry) => entry.startsWith('.ca-init.') && !entry.endsWith('.lock')),
      [],
    );
    assert.ok(!(await readdir(paths.ca)).includes('initial'));
    await assert.rejects(init(), (error) => isAppError(error, 'ALREADY_EXISTS'));
  });
}

test('what a killed run left before its commit is cleared away', async () => {
  await mkdir(`${paths.state}/.ca-init.0123456789ab/authorities`, { recursive: true });
  await init();
  assert.ok(!(await readdir(paths.state)).includes('.ca-init.0123456789ab'));
});

test('two runs at once: one makes the CA, the other says that it is at work', async () => {
  await mkdir(paths.state, { recursive: true });
  await withFileLock(`${paths.state}/.ca-init.lock`, { waitMs: 0 }, async () => {
    await assert.rejects(init(), (error) => isAppError(error, 'UNAVAILABLE'));
  });
  await init();
});

test('a missing user is told before anything is made', async () => {
  const missing: Users = {
    idsOf: (owner) => {
      throw new AppError('FAILED_PRECONDITION', `the user ${owner} does not exist`);
    },
  };
  await assert.rejects(init({ users: missing }), (error) => isAppError(error, 'FAILED_PRECONDITION'));
  assert.deepEqual(await filesBelow(folder.path), []);
});

test('a file where a folder belongs is told with its path', async () => {
  await mkdir(paths.state.slice(0, paths.state.lastIndexOf('/')), { recursive: true });
  await writeFile(paths.state, 'in the way');
  await assert.rejects(init(), (error) => isAppError(error) && error.message.includes(paths.state));
});

test('a damaged list of deliveries is told with its path and cure', async () => {
  await runKilledAt('committed');
  await writeFile(`${paths.ca}/initial/deliveries.json`, '{');
  await assert.rejects(
    init(),
    (error) => isAppError(error, 'DAMAGED') && String(error.details.path).endsWith('deliveries.json'),
  );
});

/** Whether this machine lets us mount in a namespace of our own (root, or unprivileged user namespaces). */
const mayMount =
  spawnSync('unshare', ['--mount', '--map-root-user', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
const withMount = mayMount ? {} : { skip: 'needs unshare --mount' };

/** Runs `ca init` on a file system with these options, then lists what is on it. */
function initOn(mountOptions: string): { readonly output: string; readonly files: string } {
  const child = `${import.meta.dirname}/init-child.ts`;
  const script = [
    `mount -t tmpfs -o ${mountOptions} none "$1"`,
    'find "$1" -xdev >/dev/null',
    '"$2" "$3" "$1" 2>&1',
    'echo "--- files"; find "$1" -type f ! -name "*.lock"',
  ].join('; ');
  const args = ['--mount', '--map-root-user', 'sh', '-c', script, 'sh', folder.path, process.execPath, child];
  const [output = '', files = ''] = spawnSync('unshare', args, { encoding: 'utf8' }).stdout.split('--- files');
  return { output, files: files.trim() };
}

test('a full disk: one clear error, and nothing half written', withMount, () => {
  const { output, files } = initOn('size=40k');
  assert.match(output, /NO_SPACE/);
  assert.match(output, /no space left/);
  assert.equal(files, '');
});

test('a read-only disk: one clear error', withMount, () => {
  const { output } = initOn('ro');
  assert.match(output, /FAILED_PRECONDITION/);
  assert.match(output, /read-only/);
});

test('after a disk was full, the same command works', async () => {
  await rm(paths.ca, { recursive: true, force: true });
  assert.equal((await init()).isResumed, false);
});
