/** certmgr with the options of cloudflare's, as units and people call it. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { missingCfssl, startCfssl } from './cfssl-server.ts';
import { type Program, startProgram, until } from './processes.ts';
import { createSpecHost, type SpecHost } from './spec-host.ts';

async function certmgr(t: TestContext, host: SpecHost, ...args: readonly string[]) {
  const program = startProgram(t, 'certmgr', { args: [...args, '--root', `${host.root}/host`] });
  return { code: await program.ended, output: program.output() };
}

const caOnly = (host: SpecHost, name = 'ca.pem') => ({
  authority: { remote: 'https://127.0.0.1:1' },
  ca: { path: `${host.secrets}/${name}` },
});

describe('certmgr check --dir', () => {
  test('exits 0 for specs that are right, whatever is to be done, as units expect; 1 when asked for that', async (t) => {
    const host = await createSpecHost(t);
    host.write('ca.json', caOnly(host));
    const plain = await certmgr(t, host, 'check', '--dir', host.specs);
    assert.equal(plain.code, 0, plain.output);
    assert.match(plain.output, /ca\.json +bundle /);
    assert.equal((await certmgr(t, host, 'check', '--dir', host.specs, '--exit-code')).code, 1);
    assert.ok(!existsSync(`${host.root}/host`), 'it writes nothing');
  });

  test('exits 2 and names file and field of everything that is wrong', async (t) => {
    const host = await createSpecHost(t);
    const [cut, wrong] = [
      host.write('cut.json', '{'),
      host.write('wrong.yaml', 'colour: red\nca: {path: /x, mod: 1}\n'),
    ];
    const [one, other] = ['one', 'other'].map((name) => host.write(`${name}.json`, caOnly(host)));
    const bad = host.write('bad.json', { ...caOnly(host, 'bad.pem'), svcmgr: 'command', action: 'if true; then' });
    host.write('README', 'no spec');
    const { code, output } = await certmgr(t, host, 'check', '-d', host.specs);
    assert.equal(code, 2);
    for (const text of [
      `${cut}: not JSON`,
      `${wrong}: colour: unknown field`,
      `${wrong}: ca.mod: unknown field`,
      `${one}: ${host.secrets}/ca.pem is also kept by ${other}`,
      `${other}: ${host.secrets}/ca.pem is also kept by ${one}`,
      `${bad}: action: `,
      'docs/certmgr-specs.md',
    ]) {
      assert.ok(output.includes(text), `${text} in ${output}`);
    }
  });

  test('takes certmgr.yaml before the command, as NixOS’s unit has it, and one spec in the place of a folder', async (t) => {
    const host = await createSpecHost(t);
    const file = host.write('ca.json', { ca: { path: `${host.secrets}/ca.pem` } });
    const config = `${host.root}/certmgr.yaml`;
    writeFileSync(config, JSON.stringify({ dir: host.specs, default_remote: 'ca:8888', metricsPort: 9488 }));
    assert.equal((await certmgr(t, host, '-f', config, 'check')).code, 0);
    assert.equal((await certmgr(t, host, 'check', '-d', file)).code, 2, 'without a configuration there is no server');
    assert.equal((await certmgr(t, host, 'check', '-f', config, '-d', file)).code, 0);
    writeFileSync(config, 'dri: /x');
    const wrong = await certmgr(t, host, '-f', config, 'check');
    assert.deepEqual([wrong.code, wrong.output.includes(`${config}: dri`)], [2, true], wrong.output);
  });
});

describe('certmgr genconfig', () => {
  test('writes a configuration that is read again, and replaces none', async (t) => {
    const host = await createSpecHost(t);
    const config = `${host.root}/etc/certmgr/certmgr.yaml`;
    const args = ['genconfig', '-f', config, '-d', `${host.root}/new.d`];
    assert.equal((await certmgr(t, host, ...args)).code, 0);
    const written = readFileSync(config, 'utf8');
    assert.notEqual((await certmgr(t, host, ...args, '-m', 'sysv')).code, 0);
    assert.equal(readFileSync(config, 'utf8'), written);
    assert.equal((await certmgr(t, host, ...args, '-m', 'sysv', '--force')).code, 0);
    const checked = await certmgr(t, host, '-f', config, 'check');
    assert.deepEqual([checked.code, checked.output], [0, `no certificate specs in ${host.root}/new.d\n`]);
  });
});

describe('certmgr with a server', { skip: missingCfssl }, () => {
  async function hostWithWeb(t: TestContext) {
    const host = await createSpecHost(t);
    const server = await startCfssl(t, `${host.root}/cfssl`);
    const { url: remote, rootCa: root_ca, keyFile: auth_key_file } = server;
    const web = {
      svcmgr: 'command',
      action: `echo acted >> ${host.root}/acted`,
      authority: { remote, root_ca, auth_key_file, profile: 'default' },
      certificate: { path: `${host.secrets}/web.pem` },
      private_key: { path: `${host.secrets}/web-key.pem` },
      request: { CN: 'web', hosts: ['web.example'] },
    };
    host.write('web.json', web);
    return { host, server, web };
  }
  const acted = (host: SpecHost) =>
    existsSync(`${host.root}/acted`) ? readFileSync(`${host.root}/acted`, 'utf8').trim().split('\n').length : 0;

  test('ensures once, with actions only when asked, again by force; cleans', async (t) => {
    const { host, server } = await hostWithWeb(t);
    const dir = ['--dir', host.specs] as const;
    const first = await certmgr(t, host, 'ensure', ...dir);
    assert.deepEqual([first.code, server.signed(), acted(host)], [0, 1, 0], first.output);
    assert.match(first.output, /web\.json: delivered [0-9a-f]+, valid until/);
    await certmgr(t, host, 'ensure', ...dir, '--enable-actions');
    assert.deepEqual([server.signed(), acted(host)], [1, 0]);
    const forced = await certmgr(t, host, 'ensure', ...dir, '--enableActions', '--force', '--json');
    assert.deepEqual([forced.code, server.signed(), acted(host)], [0, 2, 1], forced.output);
    assert.equal(JSON.parse(forced.output).actions[0].result, 'done');
    assert.notEqual((await certmgr(t, host, 'ensure', ...dir, '--force', 'nobody.json')).code, 0);
    const cleaned = await certmgr(t, host, 'clean', ...dir);
    assert.deepEqual([cleaned.code, existsSync(`${host.secrets}/web-key.pem`)], [0, false], cleaned.output);
  });

  test('fails to ensure nothing, unless that is allowed', async (t) => {
    const host = await createSpecHost(t);
    assert.equal((await certmgr(t, host, 'ensure', '-d', host.specs)).code, 2);
    assert.equal((await certmgr(t, host, 'ensure', '-d', host.specs, '-0')).code, 0);
  });

  test('tells what failed, with exit code 1, and never a key', async (t) => {
    const { host, server } = await hostWithWeb(t);
    await server.stop();
    const { code, output } = await certmgr(t, host, 'ensure', '-d', host.specs);
    assert.deepEqual([code, /UNAVAILABLE/.test(output)], [1, true], output);
    assert.ok(!output.includes(readFileSync(server.keyFile, 'utf8')));
  });

  test('runs without a subcommand, reads its configuration again at SIGHUP, and ends at SIGTERM', async (t) => {
    const { host, server, web } = await hostWithWeb(t);
    const config = `${host.root}/certmgr.yaml`;
    writeFileSync(config, `dir: ${host.specs}\n`);
    const daemon: Program = startProgram(t, 'certmgr', {
      args: ['-f', config, '--log.json', '-l', 'info', '--root', `${host.root}/host`],
    });
    await until(() => acted(host) === 1, daemon.output);
    const status = await certmgr(t, host, 'status', '-f', config);
    assert.match(status.output, /web\.json +ok[\s\S]*certmgr run: process \d+/);
    writeFileSync(config, 'dri: nonsense\n');
    daemon.child.kill('SIGHUP');
    await until(() => daemon.output().includes('configuration not read again'), daemon.output);
    // An address that is not this host's: it goes on with what it had.
    writeFileSync(config, `dir: ${host.specs}\nmetrics_address: 192.0.2.1\nmetrics_port: 9488\n`);
    daemon.child.kill('SIGHUP');
    await until(() => /listen on 192\.0\.2\.1[\s\S]*not read again/.test(daemon.output()), daemon.output);
    writeFileSync(`${host.specs}/more.json`, JSON.stringify({ ...web, ...filesNamed(host, 'more') }));
    await until(() => existsSync(`${host.secrets}/more.pem`), daemon.output);
    const other = `${host.root}/other.d`;
    mkdirSync(other);
    writeFileSync(`${other}/b.yaml`, JSON.stringify({ ...web, ...filesNamed(host, 'b') }));
    writeFileSync(config, `dir: ${other}\n`);
    daemon.child.kill('SIGHUP');
    await until(() => existsSync(`${host.secrets}/b.pem`), daemon.output);
    daemon.child.kill('SIGTERM');
    assert.equal(await daemon.ended, 0, daemon.output());
    assert.equal(server.signed(), 3);
  });
});

function filesNamed({ secrets }: { readonly secrets: string }, name: string) {
  return { certificate: { path: `${secrets}/${name}.pem` }, private_key: { path: `${secrets}/${name}.key` } };
}
