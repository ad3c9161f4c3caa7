import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedRequest, makeAuthorities, node, now, requestFor } from '../../test/fixture.ts';
import { readCsr } from './policy.ts';
import {
  createKnownNames,
  decodeJobs,
  decodeResults,
  encodeJobs,
  encodeResults,
  type SigningJob,
} from './signing-message.ts';
import { templateOf } from './template.ts';

const authorities = await makeAuthorities();
const csrDer = Uint8Array.from((await requestFor(node, 'kubelet')).csrDer);
const request = await checkedRequest(node, 'kubelet');
const authority = authorities.kubernetes.certificate;
const template = templateOf({ request, authority, serial: '7a', now });
const read: SigningJob = { kind: 'read', csrDer };
const issue: SigningJob = { kind: 'issue', authority: 'kubernetes', template, now };

test('jobs come back as they were, in their order', () => {
  const jobs = [read, issue, issue, read, { ...issue, template: { ...template, serial: '1' } }];
  assert.deepEqual(decodeJobs(encodeJobs(jobs)), jobs);
  assert.deepEqual(decodeJobs(encodeJobs([])), []);
});

test('results come back as they were, each to its job, the CSR itself from the job', () => {
  const facts = readCsr(csrDer);
  const refused = readCsr(new Uint8Array([1, 2, 3]));
  assert.ok('reason' in refused && !('reason' in facts));
  const results = [facts, new Uint8Array([4, 5]), refused, undefined, new Uint8Array([6])];
  const decoded = decodeResults(encodeResults(results), [read, issue, read, issue, issue]);
  assert.deepEqual(decoded, results);
  const [found] = decoded;
  assert.ok(found !== undefined && 'der' in found && found.der === csrDer);
});

test('what comes out of a message does not keep the message', () => {
  const [job] = decodeJobs(encodeJobs([read, read]));
  assert.ok(job?.kind === 'read');
  assert.equal(job.csrDer.buffer.byteLength, csrDer.length);
  const [der] = decodeResults(encodeResults([new Uint8Array([1]), new Uint8Array(5_000)]), [issue, issue]);
  assert.ok(der instanceof Uint8Array && der.buffer.byteLength === 1);
});

test('facts for a job that asked for a certificate are no result', () => {
  assert.deepEqual(decodeResults(encodeResults([readCsr(csrDer)]), [issue]), [undefined]);
});

test('the same names are the same objects, and others are others', () => {
  const namesOf = createKnownNames();
  const [one, two, other] = decodeJobs(
    encodeJobs([issue, issue, { ...issue, template: { ...template, usages: ['client auth'] } }]),
    namesOf,
  );
  assert.ok(one?.kind === 'issue' && two?.kind === 'issue' && other?.kind === 'issue');
  assert.equal(one.template.subject, two.template.subject);
  assert.notEqual(one.template.subject, other.template.subject);
  assert.deepEqual(other.template.usages, ['client auth']);
  for (let count = 0; count < 3_000; count++) namesOf(JSON.stringify({ subject: { commonName: `n${count}` } }));
  assert.deepEqual(decodeJobs(encodeJobs([issue]), namesOf), [issue]);
});
