/** Our spec files: problems are listed, nothing is thrown, nothing of the file is repeated. */

import assert from 'node:assert/strict';
import { fuzz } from '@easycerts/testing/fuzz';
import { parseSpecFile, specApiVersion } from '../src/core/spec-schema.ts';

const spec = {
  apiVersion: specApiVersion,
  name: 'kubelet',
  authority: 'kubernetes',
  subject: { commonName: 'system:node:n1', organizations: ['system:nodes'] },
  alternativeNames: { dns: ['n1'], ip: ['192.0.2.11', '2001:db8::1'] },
  usages: ['server auth'],
  keyAlgorithm: 'ecdsa-p256',
  validityS: 86_400,
  directory: '/var/lib/kubernetes/secrets/kubelet',
  owner: 'root',
  group: 'root',
  keyMode: 0o600,
  usedBy: ['kubelet.service'],
  notify: { unit: 'kubelet.service', action: 'reload' },
};

fuzz({
  name: 'spec-file',
  format: 'json',
  seeds: [JSON.stringify(spec)],
  words: ['"../', '//', '/.', 'client auth', 'rsa-2048', '::', '%00', '.service'],
  refusals: [],
  read(input) {
    const parsed = parseSpecFile(Buffer.from(input).toString('utf8'));
    if (parsed.kind === 'problems') {
      assert.ok(parsed.problems.length > 0);
      return false;
    }
    const again = parseSpecFile(JSON.stringify({ apiVersion: specApiVersion, ...parsed.spec }));
    assert.deepEqual(again, parsed);
    const { directory, keyMode } = parsed.spec;
    assert.ok(directory.startsWith('/') && !directory.split('/').includes('..'));
    assert.equal((keyMode ?? 0) & 0o007, 0);
    return parsed;
  },
});
