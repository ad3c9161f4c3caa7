/** Spec files of cloudflare's certmgr, as JSON and as YAML: problems are listed, nothing is thrown. */

import assert from 'node:assert/strict';
import { fuzz } from '@easycerts/testing/fuzz';
import { filesOfSpec } from '../src/core/cfssl/cfssl-spec.ts';
import { parseCfsslSpec } from '../src/core/cfssl/spec-file-schema.ts';

const spec = {
  request: { CN: 'www.example.net', hosts: ['10.0.0.1', 'root@example.net'], key: { algo: 'ecdsa', size: 256 } },
  private_key: { path: '/etc/ssl/www.key', mode: '0640' },
  certificate: { path: '/etc/ssl/www.pem' },
  ca: { path: '/etc/ssl/ca.pem' },
  authority: { remote: 'https://m1:8888', auth_key: '0011', profile: 'web', root_ca: '/etc/root.pem' },
  service: 'nginx',
  action: 'restart',
  before: '48h',
};
const times = { beforeMs: 1, intervalMs: 1, intervalSplayMs: 0, initialSplayMs: 0 };
const defaults = { ...times, serviceManager: 'systemd', onlyIfRunning: false } as const;

fuzz({
  name: 'cfssl-spec',
  format: 'json',
  seeds: [JSON.stringify(spec)],
  words: [
    'names',
    'key_usages',
    'server auth',
    'rsa',
    'ed25519',
    '&a',
    '*a',
    '<<: ',
    '!!binary ',
    '1h1h',
    '-1s',
    '\n- ',
  ],
  refusals: [],
  // Read twice, and the reader of YAML makes objects of every token
  limits: { allocatedBytesPerByte: 4_000, timeMsPerKiB: 8 },
  read(input) {
    const text = Buffer.from(input).toString('utf8');
    const read = (['json', 'yaml'] as const).map((format) => parseCfsslSpec(text, { name: 'x', format, defaults }));
    for (const parsed of read) {
      if (parsed.kind === 'problems') assert.ok(parsed.problems.length > 0);
      else assert.ok(filesOfSpec(parsed.spec).length > 0);
    }
    return read.some(({ kind }) => kind === 'spec') && read;
  },
});
