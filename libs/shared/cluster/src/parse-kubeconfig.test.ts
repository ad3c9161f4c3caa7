import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { parseKubeconfig } from './parse-kubeconfig.ts';

const path = '/etc/kubernetes/x.kubeconfig';
const good = `apiVersion: v1
kind: Config
clusters:
  - name: other
    cluster: {server: https://other}
  - name: local
    cluster: {server: "https://127.0.0.1:6443/", certificate-authority: /s/ca.crt}
users:
  - name: me
    user: {client-certificate: /s/tls.crt, client-key: ../s/tls.key}
contexts:
  - name: local
    context: {cluster: local, user: me}
current-context: local
`;

describe('parseKubeconfig', () => {
  test('finds the endpoint and the files of the current context', () => {
    assert.deepEqual(parseKubeconfig(good, path), {
      server: 'https://127.0.0.1:6443',
      ca: { file: '/s/ca.crt' },
      certificate: { file: '/s/tls.crt' },
      key: { file: '/etc/kubernetes/../s/tls.key' },
    });
  });

  test('takes embedded data and another name to verify', () => {
    const data = Buffer.from('PEM').toString('base64');
    const text = good
      .replace('certificate-authority: /s/ca.crt', `certificate-authority-data: ${data}, tls-server-name: api`)
      .replace('client-certificate: /s/tls.crt', `client-certificate-data: ${data}`);
    const endpoint = parseKubeconfig(text, path);
    assert.deepEqual([endpoint.ca, endpoint.certificate, endpoint.serverName], [{ pem: 'PEM' }, { pem: 'PEM' }, 'api']);
  });

  for (const [rule, text] of [
    ['YAML', 'a: ['],
    ['an object', '- a'],
    ['text', ''],
    ['a current context', good.replace('current-context: local', '')],
    ['a context that exists', good.replace('current-context: local', 'current-context: none')],
    ['a cluster that exists', good.replace('{cluster: local,', '{cluster: none,')],
    ['a user that exists', good.replace('user: me}', 'user: none}')],
    ['lists', good.replace(/clusters:[\s\S]*users:/, 'clusters: {}\nusers:')],
    ['https', good.replace('https://127', 'http://127')],
    ['a server without a path', good.replace(':6443/', ':6443/some/path')],
    ['a verified server', good.replace('{server: "https', '{insecure-skip-tls-verify: true, server: "https')],
    ['a CA', good.replace(', certificate-authority: /s/ca.crt', '')],
    ['a certificate', good.replace('client-certificate: /s/tls.crt, ', '')],
    ['a key', good.replace(', client-key: ../s/tls.key', '')],
  ] as const) {
    test(`needs ${rule}`, () => {
      assert.throws(
        () => parseKubeconfig(text, path),
        (error) => isAppError(error, 'DAMAGED') && error.message.includes(path) && error.details.path === path,
      );
    });
  }

  test('quotes nothing of a file that may hold a key', () => {
    assert.throws(
      () => parseKubeconfig('client-key-data: SECRET\n  bad', path),
      (error) =>
        isAppError(error) && !JSON.stringify([error.message, error.details, String(error.cause)]).includes('SECRET'),
    );
  });
});

test('a warning of the YAML parser prints no line of the file, which may be a key', async (t) => {
  const warn = t.mock.method(process, 'emitWarning', () => undefined);
  assert.throws(() => parseKubeconfig('users: !secret client-key-data', '/k'), { code: 'DAMAGED' });
  assert.equal(warn.mock.callCount(), 0);
});
