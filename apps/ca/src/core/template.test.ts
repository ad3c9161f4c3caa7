import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { checkedRequest, makeAuthorities, node, now, specOf } from '../../test/fixture.ts';
import { templateOf } from './template.ts';

const request = await checkedRequest(node, 'kubelet');
const authority = (await makeAuthorities()).kubernetes.certificate;
const spec = specOf(node, 'kubelet');
const minuteMs = 60_000;

test('everything but the public key comes from the list', () => {
  const template = templateOf({ request, authority, serial: 'ab', now });
  assert.deepEqual(template, {
    serial: 'ab',
    subject: spec.subject,
    alternativeNames: spec.alternativeNames,
    usages: spec.usages,
    notBefore: new Date(now.getTime() - 5 * minuteMs),
    notAfter: new Date(now.getTime() + spec.validityS * 1_000),
    spkiDer: request.spkiDer,
  });
});

test('a leaf begins no earlier than its CA', () => {
  const at = new Date(authority.notBefore.getTime() + minuteMs);
  assert.deepEqual(templateOf({ request, authority, serial: 'ab', now: at }).notBefore, authority.notBefore);
});

test('a leaf does not outlive its CA', () => {
  const at = new Date(authority.notAfter.getTime() - minuteMs);
  assert.deepEqual(templateOf({ request, authority, serial: 'ab', now: at }).notAfter, authority.notAfter);
});

test('fractions of a second are cut off before they are compared with the certificate', () => {
  const template = templateOf({ request, authority, serial: 'ab', now: new Date(now.getTime() + 999) });
  assert.equal(template.notBefore.getMilliseconds(), 0);
  assert.equal(template.notAfter.getMilliseconds(), 0);
});

test('an expired CA signs nothing, and neither does one whose time has not come', () => {
  for (const at of [
    authority.notAfter,
    new Date(authority.notAfter.getTime() + 1),
    new Date(authority.notBefore.getTime() - 1),
  ]) {
    assert.throws(
      () => templateOf({ request, authority, serial: 'ab', now: at }),
      (error) => isAppError(error, 'FAILED_PRECONDITION') && typeof error.details.cure === 'string',
    );
  }
});
