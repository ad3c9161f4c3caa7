import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaryText } from './summary.ts';

const now = new Date('2020-01-01T12:00:00Z');
const valid = {
  mode: 'sandbox' as const,
  kubeconfig: '/data/cluster-admin.kubeconfig',
  server: 'https://10.231.0.2:6443',
  certificates: [
    { name: 'later', notAfter: '2020-03-01T12:00:00Z' },
    { name: 'sooner', notAfter: '2020-01-31T12:00:00Z' },
  ],
  tookMs: 12_300,
  isDetached: false,
  now,
  callName: 'easycerts',
  dataOption: '',
};

test('it says how to use the cluster, where it is and how long it took', () => {
  const text = summaryText(valid);
  assert.match(text, /export KUBECONFIG=\/data\/cluster-admin\.kubeconfig/);
  assert.match(text, /ready after 12s: https:\/\/10\.231\.0\.2:6443/);
});
test('certificates come in the order in which they expire', () => {
  const text = summaryText(valid);
  assert.match(text, /sooner +expires in 30d/);
  assert.ok(text.indexOf('sooner') < text.indexOf('later'));
});
test('many certificates are counted, not listed', () => {
  const certificates = Array.from({ length: 20 }, (_, index) => ({
    name: `c${index}`,
    notAfter: '2020-03-01T12:00:00Z',
  }));
  assert.match(summaryText({ ...valid, certificates }), /… and 15 more/);
});
test('without certificates of ours nothing is said about them', () => {
  assert.ok(!summaryText({ ...valid, certificates: [] }).includes('Certificates'));
});
test('commands can be copied: with the caller’s name and data directory', () => {
  const text = summaryText({
    ...valid,
    isDetached: true,
    callName: 'npm run easycerts --',
    dataOption: '--data-dir /x',
  });
  assert.match(text, /npm run easycerts -- down --data-dir \/x/);
  assert.match(text, /npm run easycerts -- exec --data-dir \/x -- certmgr check/);
});
test('a cluster without root says what it is not', () => {
  const text = summaryText({ ...valid, mode: 'plain' });
  assert.match(text, /control plane only/);
  assert.ok(!text.includes('shell'));
});
