/** NixOS's specs against a real `cfssl serve` with NixOS's configuration: certificates once, whatever happens after. */

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { dayMs, hourMs, minuteMs } from '@easycerts/core';
import { missingCfssl, startCfssl } from './cfssl-server.ts';
import { until } from './processes.ts';
import { createSpecHost, done, type SpecHost } from './spec-host.ts';

/** A fake of what NixOS's actions call: it writes down its arguments. */
function fakePrograms(host: SpecHost, exitCodes: Readonly<Record<string, number>> = {}): () => readonly string[] {
  mkdirSync(`${host.root}/bin`, { recursive: true });
  for (const name of ['systemctl', 'service', 'rc-service']) {
    const script = `#!/bin/sh\necho "${name} $*" >> "$ACTED"\nexit ${exitCodes[name] ?? 0}\n`;
    writeFileSync(`${host.root}/bin/${name}`, script, { mode: 0o755 });
  }
  return () => {
    try {
      return readFileSync(`${host.root}/acted`, 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  };
}

const specOf = (host: SpecHost, server: { url: string; rootCa: string; keyFile: string }, more: object = {}) => ({
  authority: { remote: server.url, root_ca: server.rootCa, auth_key_file: server.keyFile, profile: 'default' },
  certificate: { path: `${host.secrets}/web.pem` },
  private_key: { path: `${host.secrets}/web-key.pem`, mode: '0600' },
  request: { CN: 'web', hosts: ['web.example'], key: { algo: 'ecdsa', size: 256 } },
  ...more,
});

describe('a real cfssl server', { skip: missingCfssl }, () => {
  test('gives NixOS’s fifteen certificates once: later wakes and restarts ask for none', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const acted = fakePrograms(host);
    host.writeNixos(server);
    const first = await host.pass(await host.assemble());
    assert.deepEqual(
      [done(first).length, done(first).filter((line) => !line.endsWith(':delivered')), server.signed()],
      [15, [], 15],
      `${JSON.stringify(done(first))} ${server.output()}`,
    );
    assert.ok(first.plans.every(({ state }) => state === 'ok'));
    assert.deepEqual(
      acted().filter((line) => line.includes('kube-apiserver.service')),
      [
        'systemctl restart kube-apiserver.service',
        'systemctl restart kube-apiserver.service kube-controller-manager.service',
      ],
      'four specs of one service cost one restart',
    );
    const signed = server.signed();
    for (let wake = 0; wake < 4; wake += 1) {
      host.clock.advance(30 * minuteMs);
      const assembly = await host.assemble();
      for (const spec of assembly.specFiles.load().specs) await assembly.authorities.freshen(spec.spec.cfssl.authority);
      assert.deepEqual(done(await host.pass(assembly)), []);
    }
    assert.equal(server.signed(), signed);
    const kubelet = new X509Certificate(host.read('kubelet-client.pem'));
    assert.equal(kubelet.subject, 'O=system:nodes\nCN=system:node:n1.kube');
    assert.equal(statSync(`${host.secrets}/kubelet-client-key.pem`).mode & 0o777, 0o600);
  });

  test('is not needed to start, and what fails is got when it is back', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const acted = fakePrograms(host);
    host.write('web.json', specOf(host, server, { action: 'systemctl restart web.service' }));
    await server.stop();
    const assembly = await host.assemble();
    assert.deepEqual(done(await host.pass(assembly)), ['web.json:UNAVAILABLE']);
    await server.start();
    host.clock.advance(5 * minuteMs);
    assert.deepEqual(done(await host.pass(assembly)), ['web.json:delivered']);
    await server.stop();
    const afterwards = await host.pass(await host.assemble());
    assert.deepEqual([done(afterwards), afterwards.plans[0]?.state], [[], 'ok'], 'the files are judged without the CA');
    assert.deepEqual(acted(), ['systemctl restart web.service']);
  });

  test('is asked no more with a wrong key until the interval is over, and at once with another key', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const wrong = `${host.root}/key`;
    writeFileSync(wrong, 'ffffffffffffffffffffffffffffffff\n');
    host.write('web.json', specOf(host, { ...server, keyFile: wrong }, { interval: '2h' }));
    const assembly = await host.assemble();
    const asked = () => server.output().match(/POST \/api\/v1\/cfssl\/authsign/g)?.length ?? 0;
    const result = await host.pass(assembly);
    assert.deepEqual(done(result), ['web.json:UNAUTHENTICATED']);
    const asks = asked();
    host.clock.advance(hourMs);
    assert.deepEqual(done(await host.pass(assembly)), []);
    assert.equal(asked(), asks);
    writeFileSync(wrong, readFileSync(server.keyFile));
    assert.deepEqual(done(await host.pass(assembly)), ['web.json:delivered']);
  });

  test('with a certificate of another CA is refused', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const spec = specOf(host, { ...server, rootCa: `${host.root}/cfssl/ca.pem` });
    host.write('web.json', spec);
    assert.deepEqual(done(await host.pass(await host.assemble())), ['web.json:UNAUTHENTICATED']);
    assert.ok(!server.output().includes('POST /api/v1/cfssl/authsign'), 'no token has left this host');
  });

  test('that has a new CA gets every certificate replaced, and the CA file', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    host.write('web.json', specOf(host, server, { ca: { path: `${host.secrets}/ca.pem`, mode: '0444' } }));
    const ca = { authority: specOf(host, server).authority, ca: { path: `${host.secrets}/only-ca.pem` } };
    host.write('ca.yaml', JSON.stringify(ca));
    assert.deepEqual(done(await host.pass(await host.assemble())), ['ca.yaml:bundle', 'web.json:delivered']);
    const before = host.read('ca.pem');
    await server.stop();
    server.makeCa();
    await server.start();
    const service = await host.start();
    await until(
      () => host.read('ca.pem') !== before && host.read('only-ca.pem') === host.read('ca.pem'),
      () => `${JSON.stringify(host.log)} ${server.output()}`,
    );
    const [leaf, authority] = ['web.pem', 'ca.pem'].map((name) => new X509Certificate(host.read(name)));
    assert.ok(leaf && authority && leaf.verify(authority.publicKey));
    await service.close();
  });

  test('makes whatever key, subject and names a spec asks for', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const names = [{ C: 'US', ST: 'CA', L: 'San Francisco', O: 'Example, LLC', OU: 'Web' }, { O: 'Other' }];
    const hosts = ['*.example.net', '10.0.0.1', 'fd00::1', 'root@example.net', 'spiffe://example/web'];
    const keys = { 'ecdsa-384': 384, 'ecdsa-521': 521, ed25519: 0 };
    for (const [kind, size] of Object.entries(keys)) {
      const key = size === 0 ? { algo: kind } : { algo: 'ecdsa', size };
      const files = {
        certificate: { path: `${host.secrets}/${kind}.pem` },
        private_key: { path: `${host.secrets}/${kind}.key` },
      };
      host.write(`${kind}.json`, specOf(host, server, { ...files, request: { CN: 'web', hosts, names, key } }));
    }
    assert.deepEqual(done(await host.pass(await host.assemble())).length, 3);
    assert.deepEqual(done(await host.pass(await host.assemble())), []);
    const { subjectAltName, subject } = new X509Certificate(host.read('ecdsa-521.pem'));
    assert.match(subjectAltName ?? '', /DNS:\*\.example\.net.*URI:spiffe:\/\/example\/web/);
    assert.match(subject, /^C=US\nST=CA\nL=San Francisco\nO=Other \+ O=Example\\, LLC\nOU=Web\nCN=web$/);
  });

  test('whose profile gives other usages than the spec wants is asked five times, then never again', async (t) => {
    const host = await createSpecHost(t);
    const clientOnly = (keyFile: string) => ({
      signing: { profiles: { default: { usages: ['client auth'], auth_key: 'k', expiry: '720h' } } },
      auth_keys: { k: { type: 'standard', key: `file:${keyFile}` } },
    });
    const server = await startCfssl(t, `${host.root}/cfssl`, clientOnly);
    host.write('web.json', specOf(host, server, { key_usages: ['server auth'] }));
    const assembly = await host.assemble();
    for (let wake = 0; wake < 9; wake += 1) {
      await host.pass(assembly);
      host.clock.advance(6 * minuteMs);
    }
    const { plans } = await host.pass(await host.assemble());
    assert.deepEqual([plans[0]?.state, server.signed()], ['stopped', 5]);
    host.write('web.json', specOf(host, server));
    const plain = await host.pass(await host.assemble());
    assert.deepEqual(done(plain), ['web.json:delivered'], 'certmgr’s default would loop here: ours asks for no usage');
  });

  test('whose certificates live shorter than `before` gets each renewed at two thirds, not at every wake', async (t) => {
    const host = await createSpecHost(t);
    const short = (keyFile: string) => ({
      signing: { profiles: { default: { usages: ['server auth'], auth_key: 'k', expiry: '24h' } } },
      auth_keys: { k: { type: 'standard', key: `file:${keyFile}` } },
    });
    const server = await startCfssl(t, `${host.root}/cfssl`, short);
    host.write('web.json', specOf(host, server));
    const assembly = await host.assemble();
    assert.deepEqual(done(await host.pass(assembly)), ['web.json:delivered']);
    for (let wake = 0; wake < 14; wake += 1) {
      host.clock.advance(hourMs);
      assert.deepEqual(done(await host.pass(assembly)), []);
    }
  });

  test('gives a certificate that is renewed `before` its end, with a restart', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const acted = fakePrograms(host);
    const action = { svcmgr: 'systemd', service: 'web', action: 'reload', before: '72h' };
    host.write('web.json', specOf(host, server, action));
    const assembly = await host.assemble();
    await host.pass(assembly);
    host.clock.advance(26 * dayMs);
    assert.deepEqual(done(await host.pass(assembly)), []);
    host.clock.advance(dayMs);
    // The real server dates by its own clock: to ours its answer has not much left, and is refused
    const { plans } = await host.pass(assembly);
    assert.equal(plans[0]?.reason, 'near-expiry');
    assert.deepEqual(acted(), ['systemctl reload web']);
  });
});

describe('the action of a spec', { skip: missingCfssl }, () => {
  test('is tried again until it succeeds, also by the next process, and is due once', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const acted = fakePrograms(host, { service: 3 });
    host.write('web.json', specOf(host, server, { svcmgr: 'sysv', service: 'web', action: 'restart' }));
    const assembly = await host.assemble();
    const first = await host.pass(assembly);
    assert.deepEqual([done(first), first.plans[0]?.state], [['web.json:delivered'], 'action']);
    assert.equal(first.actions[0]?.error?.code, 'FAILED_PRECONDITION');
    fakePrograms(host);
    const second = await host.pass(await host.assemble());
    assert.deepEqual([done(second), second.plans[0]?.state], [[], 'ok']);
    await host.pass(await host.assemble());
    assert.deepEqual(acted(), ['service web restart', 'service web restart']);
    assert.equal(server.signed(), 1);
  });

  test('that failed is forgotten when its spec is gone: nothing is due any more', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    fakePrograms(host, { service: 1 });
    const file = host.write('web.json', specOf(host, server, { svcmgr: 'sysv', service: 'web', action: 'restart' }));
    const assembly = await host.assemble();
    await host.pass(assembly);
    assert.equal(assembly.actionRetries.timesMs().length, 1);
    rmSync(file);
    await host.pass(assembly);
    assert.deepEqual(assembly.actionRetries.timesMs(), []);
  });

  test('sees the paths in its environment, and is not run by an `ensure` without actions', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const ca = { path: `${host.secrets}/ca.pem` };
    const action = 'echo "$CERTMGR_CA_PATH $CERTMGR_CERT_PATH $CERTMGR_KEY_PATH" >> "$ACTED"';
    host.write('web.json', specOf(host, server, { ca, action }));
    await host.pass(await host.assemble({ areActionsWanted: false }));
    await host.pass(await host.assemble());
    assert.throws(() => readFileSync(`${host.root}/acted`));
    await host.pass(await host.assemble(), ['web.json']);
    const expected = ['ca.pem', 'web.pem', 'web-key.pem'].map((name) => `${host.secrets}/${name}`).join(' ');
    assert.equal(readFileSync(`${host.root}/acted`, 'utf8'), `${expected}\n`);
  });

  test('is left out for a service that does not run, if the spec says so', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const acted = fakePrograms(host, { systemctl: 3, 'rc-service': 3 });
    for (const svcmgr of ['systemd', 'openrc', 'sysv']) {
      const files = {
        certificate: { path: `${host.secrets}/${svcmgr}` },
        private_key: { path: `${host.secrets}/${svcmgr}.key` },
      };
      const action = { svcmgr, service: 'web', action: 'restart', take_actions_only_if_running: true };
      host.write(`${svcmgr}.json`, specOf(host, server, { ...files, ...action }));
    }
    const { actions, plans } = await host.pass(await host.assemble());
    assert.deepEqual(
      actions.map(({ result }) => result),
      ['skipped', 'skipped', 'done'],
    );
    assert.ok(plans.every(({ state }) => state === 'ok'));
    assert.deepEqual(acted(), ['rc-service web status', 'systemctl is-active web', 'service web restart']);
  });
});

describe('files on disk', { skip: missingCfssl }, () => {
  test('that are damaged, gone or of another key are replaced; wrong modes are corrected without a new certificate', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    host.write('web.json', specOf(host, server));
    const assembly = await host.assemble();
    await host.pass(assembly);
    const [key, certificate] = [`${host.secrets}/web-key.pem`, `${host.secrets}/web.pem`];
    const otherKey = readFileSync(`${host.root}/cfssl/ca-key.pem`);
    const rows: readonly (readonly [() => void, string])[] = [
      [() => chmodSync(key, 0o644), 'modes'],
      [() => rmSync(key), 'renewed'],
      [() => rmSync(certificate), 'delivered'],
      [() => writeFileSync(certificate, 'nonsense'), 'delivered'],
      [() => writeFileSync(key, otherKey), 'renewed'],
    ];
    for (const [damage, kind] of rows) {
      damage();
      host.clock.advance(hourMs);
      const result = await host.pass(assembly);
      const kinds = done(result).map((line) => line.split(':')[1]);
      assert.ok(kinds[0] === kind || (kind === 'renewed' && kinds[0] === 'delivered'), `${kind}, not ${kinds}`);
      assert.deepEqual(done(await host.pass(assembly)), []);
    }
    assert.equal(statSync(key).mode & 0o777, 0o600);
  });

  test('that were signed before a crash are delivered without asking again', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const folder = `${host.secrets}/web`;
    writeFileSync(folder, 'a file where a folder belongs');
    const files = { certificate: { path: `${folder}/cert.pem` }, private_key: { path: `${folder}/key.pem` } };
    host.write('web.json', specOf(host, server, files));
    const broken = await host.pass(await host.assemble());
    assert.ok(done(broken)[0]?.startsWith('web.json:') && !done(broken)[0]?.endsWith('delivered'));
    assert.equal(server.signed(), 1);
    rmSync(folder);
    const mended = await host.assemble();
    assert.deepEqual(done(await host.pass(mended)), ['web.json:delivered']);
    assert.equal(server.signed(), 1, 'nothing is issued twice');
    assert.deepEqual([...mended.unfinished.names()], [], 'the key lies nowhere else any more');
  });
});

describe('the daemon', { skip: missingCfssl }, () => {
  test('takes new specs by itself, tells its metrics under certmgr’s names, and goes on at SIGHUP', async (t) => {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const service = await host.start({ config: host.config('metrics_address: 127.0.0.1\nmetrics_port: 0\n') });
    const file = host.write('web.json', specOf(host, server));
    await until(
      () => host.log.some(({ msg }) => msg === 'delivered certificate'),
      () => JSON.stringify(host.log),
    );
    await service.lookNow();
    const answer = await fetch(`http://127.0.0.1:${service.metricsPort}/metrics`);
    const metrics = await answer.text();
    const notAfter = new X509Certificate(host.read('web.pem')).validToDate.getTime() / 1_000;
    for (const line of [
      `certmgr_spec_expire_timestamp{name="${file}",type="cert"} ${notAfter}`,
      `certmgr_spec_expire_before_duration_seconds{name="${file}"} 259200`,
      `certmgr_spec_write_count{name="${file}"} 1`,
      `certmgr_spec_write_failure_count{name="${file}"} 0`,
      `certmgr_spec_request_failure_count{name="${file}"} 0`,
      `certmgr_spec_spec_next_wake_timestamp{name="${file}"}`,
      `type="ca"`,
    ]) {
      assert.ok(metrics.includes(line), `${line} in ${metrics}`);
    }
    const missing = await fetch(`http://127.0.0.1:${service.metricsPort}/debug/pprof`);
    assert.equal(missing.status, 404);
    assert.equal(server.signed(), 1);
  });
});
