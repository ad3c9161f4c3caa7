import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CloudEvent, cloudEventOf, type Fact } from '@easycerts/contracts';
import { type ReportedEvent, reportOn, toldRollouts } from './host-reports.ts';
import type { WrittenDocument } from './rollout.ts';

const writtenAtMs = Date.parse('2020-01-01T12:00:00Z');
const document: WrittenDocument = { digest: 'd2', revision: 7, writtenAtMs, rollout: '2020-01-01T12:00:00.000Z' };
let sequence = 0;

function stored(fact: Fact, host = 'n1', afterMs = 1_000): ReportedEvent {
  // A host's own clock may show anything.
  const event = cloudEventOf(fact, { host, service: 'joiner' }, new Date(0)) as CloudEvent;
  sequence += 1;
  return { event, sequence, storedAt: new Date(writtenAtMs + afterMs) };
}
const configured = (digest: string, host = 'n1', afterMs = 1_000): ReportedEvent =>
  stored({ type: 'host.configured', subject: host, key: digest, data: { host, digest, restarted: [] } }, host, afterMs);
const failed = (host = 'n1', afterMs = 1_000): ReportedEvent => {
  const data = { host, component: 'kubelet', message: 'not healthy', lastLines: [], retryInMs: 0, attempts: 1 };
  return stored({ type: 'component.failed', subject: 'kubelet', key: '1', data }, host, afterMs);
};
const rejected = (): ReportedEvent =>
  stored({
    type: 'config.rejected',
    subject: 'n1',
    key: '1',
    data: { host: 'n1', problems: [{ path: 'kubelet.nodeIp', message: 'is not known' }] },
  });

const rows: readonly [string, readonly ReportedEvent[], unknown][] = [
  ['nothing said is no report', [], undefined],
  ['its digest makes it configured', [configured('d2')], { kind: 'configured' }],
  ['at the very moment of writing, too', [configured('d2', 'n1', 0)], { kind: 'configured' }],
  ['what was said before it was written does not count', [configured('d2', 'n1', -1), failed('n1', -1)], undefined],
  ['another digest does not count', [configured('d1')], undefined],
  ['another host does not count', [configured('d2', 'n2'), failed('n2')], undefined],
  ['a failed component is a failure', [failed()], { kind: 'failed', message: 'kubelet: not healthy' }],
  ['a failure that was overcome is none', [failed(), configured('d2')], { kind: 'configured' }],
  ['a failure afterwards is no matter of the rollout', [configured('d2'), failed()], { kind: 'configured' }],
  [
    'a failure stays one when another digest was configured',
    [failed(), configured('d1')],
    { kind: 'failed', message: 'kubelet: not healthy' },
  ],
  [
    'a rejected configuration is a failure',
    [rejected()],
    { kind: 'failed', message: 'its configuration was rejected: kubelet.nodeIp is not known' },
  ],
];
for (const [name, events, expected] of rows) {
  test(name, () => assert.deepEqual(reportOn(document, 'n1', events), expected));
}

test('what has been told of rollouts is known by its ids', () => {
  const told = stored({ type: 'rollout.started', subject: 'cluster', key: 'k', data: { hosts: [] } }, 'm1');
  assert.deepEqual(toldRollouts([configured('d2'), told]), ['rollout.started:cluster:k']);
});
