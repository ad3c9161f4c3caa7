import assert from 'node:assert/strict';
import test from 'node:test';
import { eventCatalogue, eventTypes } from './catalogue.ts';
import { busSubjectOf, cloudEventOf } from './cloud-event.ts';
import { eventExamples, exampleEventOf } from './examples.ts';

for (const type of eventTypes) {
  test(`the example of ${type} fits the catalogue`, () => {
    const { event } = exampleEventOf(type);
    assert.equal(event.type, `easycerts.${type}`);
    assert.deepEqual(eventCatalogue[type].data.strict().parse(event.data), event.data);
    assert.ok(Buffer.byteLength(JSON.stringify(event)) < 4096, 'an event is small');
  });
}

test('a host event comes from its own host, a cluster event from the master', () => {
  assert.equal(exampleEventOf('certificate.delivered').event.source, '/hosts/n1/certmgr');
  assert.equal(exampleEventOf('certificate.issued').event.source, '/hosts/m1/ca');
});

test('the id is the same each time for one fact, and differs for another key', () => {
  const origin = { host: 'n1', service: 'certmgr' };
  const fact = eventExamples['certificate.delivered'];
  const first = cloudEventOf(fact, origin, new Date('2020-01-01T12:00:00Z'));
  const again = cloudEventOf(fact, origin, new Date('2020-01-01T12:05:00Z'));
  const other = cloudEventOf({ ...fact, key: 'ff' }, origin, new Date('2020-01-01T12:00:00Z'));
  assert.equal(first.id, again.id);
  assert.notEqual(first.id, other.id);
});

test('data that does not fit the catalogue is refused, and fields that it does not know are left out', () => {
  const origin = { host: 'n1', service: 'joiner' };
  const fact = eventExamples['component.stopped'];
  const wrong = { ...fact, data: { host: 'n1' } } as unknown as typeof fact;
  assert.throws(() => cloudEventOf(wrong, origin, new Date(0)), /component/);
  const leaky = { ...fact, data: { ...fact.data, privateKey: 'secret' } };
  assert.ok(!JSON.stringify(cloudEventOf(leaky, origin, new Date(0))).includes('secret'));
});

test('each scope has its own subjects', () => {
  assert.equal(busSubjectOf('certificate.issued', 'n1'), 'easycerts.v1.cluster.certificate.issued');
  assert.equal(busSubjectOf('certificate.refused', 'n1'), 'easycerts.v1.audit.certificate.refused');
  assert.equal(busSubjectOf('host.ready', 'n1'), 'easycerts.v1.host.n1.host.ready');
});

test('no field of the catalogue can carry a secret by its name', () => {
  const names = eventTypes.flatMap((type) => Object.keys(eventCatalogue[type].data.shape));
  assert.deepEqual(
    // the public part of a join token
    names.filter((name) => name !== 'tokenId' && /secret|token|password|privatekey|csr|pem/i.test(name)),
    [],
  );
});
