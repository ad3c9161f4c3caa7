/** parseEvent: messages of the bus. What a node says is of that node, whatever stands in it. */

import assert from 'node:assert/strict';
import { busSubjectOf, type EventType, eventCatalogue, eventTypes, exampleEventOf } from '@easycerts/contracts';
import { fuzz } from '@easycerts/testing/fuzz';
import { parseEvent } from '../src/bus/event-envelope.ts';

const examples = eventTypes.map((type) => exampleEventOf(type));

fuzz({
  name: 'event',
  format: 'json',
  seeds: examples.map(({ event }) => JSON.stringify(event)),
  words: ['/hosts/n2/certmgr', 'easycerts.', ...eventTypes],
  refusals: [],
  read(input) {
    const type = typeOf(input);
    // On the subject of its type, spoken by one host and by another.
    const accepted = ['n1', 'm1'].filter((speaker) => {
      const parsed = parseEvent(busSubjectOf(type, speaker), input);
      if (parsed.kind === 'refused') {
        assert.ok(parsed.finding.detail.length <= 1_024);
        return false;
      }
      if (eventCatalogue[type].scope === 'host') {
        const { source, data } = parsed.event;
        assert.equal(source.split('/')[2], speaker);
        assert.equal('host' in data ? data.host : speaker, speaker);
      }
      assert.equal(parsed.event.type, `easycerts.${type}`);
      return true;
    });
    return accepted.length > 0;
  },
});

/** What it says of itself; else the first of the catalogue. */
function typeOf(input: Uint8Array): EventType {
  const text = /"type":"easycerts\.([a-z.-]+)"/.exec(Buffer.from(input).toString('latin1'))?.[1];
  return eventTypes.find((type) => type === text) ?? 'ca.started';
}
