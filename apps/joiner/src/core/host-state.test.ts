import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failingWords, type HostState, unsettledWords } from './host-state.ts';

const unit = 'easycerts-joiner';
const unknown = {} as Partial<HostState> as HostState;

const rows: readonly [name: string, services: HostState['services'], words: RegExp | undefined][] = [
  ['a service that runs', { [unit]: { isActive: true, isEnabled: true } }, undefined],
  ['a service that is coming up', { [unit]: { isActive: false, isEnabled: false } }, undefined],
  ['a service that nobody knows', {}, undefined],
  [
    'a service that ends with an error',
    { [unit]: { isActive: false, isEnabled: true, isFailing: true } },
    /journalctl -u easycerts-joiner/,
  ],
  [
    'a service whose agent ends with an error',
    { 'easycerts-agent': { isActive: false, isEnabled: true, isFailing: true } },
    /journalctl -u easycerts-agent/,
  ],
];

for (const [name, services, words] of rows) {
  test(`${name} is ${words === undefined ? 'not told' : 'told, with where to look'}`, () => {
    const told = failingWords({ services }, unit);
    if (words === undefined) assert.equal(told, undefined);
    else assert.match(told ?? '', words);
    assert.match(
      unsettledWords({ ...unknown, services, components: undefined, units: [] }),
      words ?? /^joiner to answer$/,
    );
  });
}
