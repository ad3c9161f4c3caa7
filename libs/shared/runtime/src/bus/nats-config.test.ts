import assert from 'node:assert/strict';
import test from 'node:test';
import { isAppError } from '@easycerts/core';
import type { NatsConfigOptions } from './nats-config.ts';
import { renderNatsConfig } from './nats-config.ts';
import { createBusKeys, publicKeysOf } from './nkeys.ts';

const keys = publicKeysOf(createBusKeys());
const options: NatsConfigOptions = {
  serverName: 'm1',
  address: '0.0.0.0',
  port: 4222,
  tlsDirectory: '/var/lib/easycerts/nats-identity',
  storeDirectory: '/var/lib/easycerts/nats',
  logFile: '/var/log/easycerts/nats/nats.log',
  keys,
};
const text = renderNatsConfig(options);

/** The lines of a block, without indentation. */
function block(start: string): readonly string[] {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.trim() === start);
  const indentation = /^ */.exec(lines[from] ?? '')?.[0] ?? '';
  const to = lines.findIndex(
    (line, index) => index > from && line === `${indentation}${start.endsWith('[') ? ']' : '}'}`,
  );
  assert.ok(from >= 0 && to > from, start);
  return lines.slice(from + 1, to).map((line) => line.trim());
}

test('every client shows a certificate, and before it is told anything', () => {
  assert.deepEqual(block('tls {'), [
    'cert_file: "/var/lib/easycerts/nats-identity/tls.crt"',
    'key_file: "/var/lib/easycerts/nats-identity/tls.key"',
    'ca_file: "/var/lib/easycerts/nats-identity/ca.crt"',
    'verify: true',
    'handshake_first: true',
    'min_version: "1.3"',
    'timeout: 5',
  ]);
});

test('what is acknowledged is on disk', () => {
  assert.ok(block('jetstream {').includes('sync_interval: always'));
  assert.match(text, /batch \{ max_inflight_per_stream: 16, max_inflight_total: 64, max_msgs: 64, timeout: "5s" \}/);
});

test('everyone but three known users is decided about by the callout', () => {
  assert.deepEqual(block('auth_callout {'), [
    `issuer: "${keys.issuer}"`,
    'account: AUTH',
    `auth_users: ["${keys.auth}", "${keys.system}", "${keys.boot}"]`,
  ]);
  assert.doesNotMatch(text, /no_auth_user|password|token|verify_and_map|leafnodes|websocket|mqtt|gateway|cluster \{/);
});

test('every export of CORE names NODES, and NODES imports exactly the exports', () => {
  const exported = block('exports: [').map((line) => {
    assert.match(line, /, accounts: \[NODES\]/);
    return /"([^"]+)"/.exec(line)?.[1];
  });
  const imported = block('imports: [').map((line) => /subject: "([^"]+)"/.exec(line)?.[1]);
  assert.deepEqual(imported, exported);
  assert.equal(exported.length, 6);
});

test('neither consumers nor streams can be made or looked at from NODES, nor the ledger or the audit be reached', () => {
  const exports = block('exports: [').join('\n');
  assert.doesNotMatch(
    exports,
    /CONSUMER\.(CREATE|DELETE|DURABLE|NAMES|LIST)|API\.STREAM|DIRECT\.GET\.>|"\$JS\.API\.>"/,
  );
  assert.doesNotMatch(exports, /audit|ledger|tokens|revocations|automations|AUDIT|LEDGER/);
});

test('JetStream is enabled in CORE only', () => {
  assert.equal(text.match(/jetstream: enabled/g)?.length, 1);
  assert.ok(block('CORE {').includes('jetstream: enabled'));
});

test('the monitoring pages are off, or on the loopback address', () => {
  assert.doesNotMatch(text, /http/);
  assert.match(renderNatsConfig({ ...options, monitoringPort: 8222 }), /^http: "127\.0\.0\.1:8222"$/m);
});

test('limits are set, by default and by choice', () => {
  assert.match(text, /^max_payload: 524288$/m);
  const other = renderNatsConfig({
    ...options,
    limits: { maxPayloadBytes: 1024, maxConnections: 5, maxStoreBytes: 4096 },
  });
  for (const line of [/^max_payload: 1024$/m, /^max_connections: 5$/m, /^ {2}max_file_store: 4096$/m])
    assert.match(other, line);
});

test('without a log file it logs to standard error, in UTC too', () => {
  const { logFile, ...rest } = options;
  assert.doesNotMatch(renderNatsConfig(rest), /log_file/);
  assert.match(renderNatsConfig(rest), /^logtime_utc: true$/m);
});

test('no secret stands in it', () => {
  const all = createBusKeys();
  const rendered = renderNatsConfig({ ...options, keys: publicKeysOf(all) });
  for (const { seed } of Object.values(all)) assert.ok(!rendered.includes(seed));
});

test('quotation marks and backslashes in paths stay what they are', () => {
  assert.ok(renderNatsConfig({ ...options, storeDirectory: '/a "b"\\c' }).includes('store_dir: "/a \\"b\\"\\\\c"'));
});

const wrong: Readonly<Record<string, Partial<NatsConfigOptions>>> = {
  'a line feed in a path': { storeDirectory: '/a\nport: 1' },
  'a NUL in a path': { tlsDirectory: '/a\0' },
  'a carriage return in the address': { address: '0.0.0.0\r' },
  'a line feed in the log file': { logFile: '/a\n' },
  'an empty server name': { serverName: '' },
  'an empty address, which would be every one': { address: '' },
  'port 0': { port: 0 },
  'a negative port': { port: -1 },
  'a port that is no number': { port: Number.NaN },
  'a broken port': { port: 42.5 },
  'a limit of 0': { limits: { maxPayloadBytes: 0 } },
  'no limit': { limits: { maxConnections: Number.POSITIVE_INFINITY } },
  'an issuer that is a user': { keys: { ...keys, issuer: keys.auth } },
  'a user that is an account': { keys: { ...keys, system: keys.issuer } },
  'a seed in the place of a public key': { keys: { ...keys, auth: createBusKeys().authUser.seed } },
  'a user key with more behind it': { keys: { ...keys, boot: `${keys.boot}" }] }` } },
  'an empty key': { keys: { ...keys, auth: '' } },
};
for (const [name, change] of Object.entries(wrong)) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => renderNatsConfig({ ...options, ...change }),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  });
}
