import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { parseCertificate } from '@easycerts/pki';
import { checkedRequest, makeAuthorities, node, now } from '../../test/fixture.ts';
import { issueLeaf } from './issue-leaf.ts';
import { templateOf } from './template.ts';

const { kubernetes, etcd } = await makeAuthorities();
const request = await checkedRequest(node, 'kubelet');
const template = templateOf({ request, authority: kubernetes.certificate, serial: '7a', now });

test('makes what the template says', () => {
  const certificate = parseCertificate(issueLeaf({ authority: kubernetes, template, now }));
  assert.deepEqual([certificate.serial, certificate.subject], ['7a', template.subject]);
});

test('nobody gets what is not what was to be signed', () => {
  // A certificate and a key that do not belong together: the signature is somebody else's.
  const broken = { ...kubernetes, keyPair: etcd.keyPair };
  assert.throws(
    () => issueLeaf({ authority: broken, template, now }),
    (error) => isAppError(error, 'INTERNAL') && error.details.reason === 'chain',
  );
  const outside = { ...template, notAfter: new Date(kubernetes.certificate.notAfter.getTime() + 1_000) };
  assert.throws(
    () => issueLeaf({ authority: kubernetes, template: outside, now }),
    (error) => isAppError(error, 'INTERNAL') && error.details.reason === 'validity',
  );
});

test('a template that nobody should sign is not signed', () => {
  assert.throws(() => issueLeaf({ authority: kubernetes, template: { ...template, usages: [] }, now }), {
    code: 'INVALID_INPUT',
  });
});
