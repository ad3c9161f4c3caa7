/** Every certificate is what openssl, the ledger, `ca list` and the disk say it is. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { IssuedCertificate } from '../../src/issued.ts';
import { ledgerSerials, listIssued } from '../../src/issued.ts';
import type { Purpose } from '../../src/secrets.ts';
import { serialOf, setOf, setsOnDisk, verify } from '../../src/secrets.ts';
import { step } from '../../src/step.ts';
import { machine } from './cluster.ts';

const purposes: Readonly<Record<string, Purpose>> = { 'server auth': 'sslserver', 'client auth': 'sslclient' };

/** The bundle of an authority, taken from a set that it issued. */
function bundleOf(issued: readonly IssuedCertificate[], authority: string): string {
  const name = issued.find(
    (certificate) => certificate.authority === authority && setsOnDisk(machine).has(certificate.name),
  )?.name;
  assert.ok(name, `a set on disk of ${authority}`);
  return setOf(machine, name).ca;
}

/** Every certificate of the ledger as a file for openssl, by serial number. */
async function pemFiles(issued: readonly IssuedCertificate[]): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const missing = new Set(issued.map(({ serial }) => serial));
  for (const name of setsOnDisk(machine).keys()) {
    const { cert } = setOf(machine, name);
    const serial = await serialOf(cert);
    if (missing.delete(serial)) files.set(serial, cert);
  }
  // What was replaced is no longer on disk.
  for (const serial of missing) {
    const path = `${machine.data}.${serial}.pem`;
    writeFileSync(path, await machine.mustExec(['ca', 'show', serial, '--pem']));
    files.set(serial, path);
  }
  return files;
}

step('certificates hold', machine, () => {
  let issued: readonly IssuedCertificate[] = [];
  let files: ReadonlyMap<string, string> = new Map();

  test('there is a certificate of every authority', async () => {
    issued = await listIssued(machine);
    assert.deepEqual([...new Set(issued.map(({ authority }) => authority))].sort(), [
      'easycerts',
      'etcd',
      'front-proxy',
      'kubernetes',
    ]);
  });

  test('each verifies with openssl, strictly, for its purposes and for no other', async () => {
    files = await pemFiles(issued);
    for (const certificate of issued) {
      const path = files.get(certificate.serial) ?? '';
      const bundle = bundleOf(issued, certificate.authority);
      for (const [usage, purpose] of Object.entries(purposes)) {
        const { code, stderr } = await verify(path, bundle, purpose);
        assert.equal(code === 0, certificate.usages.includes(usage), `${certificate.name} ${purpose} ${stderr}`);
      }
      assert.notEqual((await verify(path, bundle, 'crlsign')).code, 0, `${certificate.name} must not sign CRLs`);
    }
  });

  test('none verifies with another authority', async () => {
    const authorities = [...new Set(issued.map(({ authority }) => authority))];
    for (const authority of authorities) {
      const [certificate] = issued.filter((one) => one.authority === authority);
      assert.ok(certificate);
      const path = files.get(certificate.serial) ?? '';
      for (const other of authorities.filter((name) => name !== authority)) {
        assert.notEqual((await verify(path, bundleOf(issued, other), 'any')).code, 0, `${authority} by ${other}`);
      }
    }
  });

  test('the ledger and ca list agree, serial by serial', async () => {
    const ledger = await ledgerSerials(machine);
    assert.equal(new Set(ledger).size, ledger.length, 'no serial twice in the ledger');
    assert.deepEqual([...ledger].sort(), issued.map(({ serial }) => serial).sort());
  });

  test('what lies on disk is the newest of its name, serial by serial', async () => {
    const sets = setsOnDisk(machine);
    for (const name of sets.keys()) {
      const newest = issued.find((certificate) => certificate.name === name);
      assert.equal(await serialOf(setOf(machine, name).cert), newest?.serial, name);
    }
    const names = new Set(issued.map(({ name }) => name));
    assert.deepEqual(
      [...names].filter((name) => !sets.has(name)),
      [],
      'issued but not on disk',
    );
  });

  test('every set on disk is a key and its certificate, the key for its owner only', async () => {
    for (const [name, folder] of setsOnDisk(machine)) {
      const { cert, key, ca } = setOf(machine, name);
      const { mode } = statSync(key);
      assert.equal(mode & 0o077, 0, `${name} has mode ${(mode & 0o777).toString(8)}`);
      assert.ok(readFileSync(key, 'utf8').includes('PRIVATE KEY'));
      assert.ok(readdirSync(folder).includes('ca.crt'), ca);
      assert.doesNotMatch(readFileSync(cert, 'utf8'), /PRIVATE KEY/);
    }
  });

  test('kubeconfigs name files and hold no keys', () => {
    const folder = machine.file('/etc/kubernetes');
    const kubeconfigs = readdirSync(folder).filter((name) => name.endsWith('.kubeconfig'));
    assert.ok(kubeconfigs.length >= 7, kubeconfigs.join(', '));
    for (const name of kubeconfigs)
      assert.doesNotMatch(readFileSync(join(folder, name), 'utf8'), /-data:|PRIVATE KEY|token:/);
  });

  test('system:masters stands in one certificate, the break-glass one, and no log holds a key', () => {
    assert.deepEqual(
      [...new Set(issued.filter(({ subject }) => subject.includes('system:masters')).map(({ name }) => name))],
      ['super-admin'],
    );
    const logs = machine.file('/var/log/easycerts');
    for (const entry of readdirSync(logs, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      assert.doesNotMatch(
        readFileSync(join(entry.parentPath, entry.name), 'utf8'),
        /PRIVATE KEY|"certificateRequest"/,
        entry.name,
      );
    }
  });

  test('certmgr finds nothing to do', async () => {
    const { certificates } = JSON.parse(await machine.mustExec(['certmgr', 'check', '--json'])) as {
      certificates: { state: string }[];
    };
    assert.ok(certificates.length > 0);
    assert.ok(certificates.every(({ state }) => state === 'ok'));
  });
});
