import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allFindings, type Check, firstFinding } from './check-chain.ts';
import { componentActionReasons, denyReasons, reissueReasons } from './reasons.ts';

const isOdd: Check<number, 'odd'> = (value) => (value % 2 === 0 ? undefined : { reason: 'odd', detail: `${value}` });
const isLarge: Check<number, 'large'> = (value) => (value < 10 ? undefined : { reason: 'large', detail: `${value}` });
const chain: readonly Check<number>[] = [isOdd, isLarge];

test('the order of a chain decides which finding comes first', () => {
  assert.equal(firstFinding(chain, 11)?.reason, 'odd');
  assert.equal(firstFinding([isLarge, isOdd] as readonly Check<number>[], 11)?.reason, 'large');
  assert.equal(firstFinding(chain, 12)?.reason, 'large');
  assert.equal(firstFinding(chain, 2), undefined);
});

test('all findings come in the order of the chain', () => {
  assert.deepEqual(
    allFindings(chain, 11).map(({ reason }) => reason),
    ['odd', 'large'],
  );
  assert.deepEqual(allFindings(chain, 2), []);
});

test('a check after the first finding is not asked', () => {
  const never: Check<number> = () => assert.fail('asked');
  assert.equal(firstFinding([isOdd, never], 1)?.reason, 'odd');
});

test('reasons are words that fit into metrics and subjects, each once', () => {
  for (const list of [reissueReasons, denyReasons, componentActionReasons]) {
    assert.equal(new Set(list).size, list.length);
    for (const reason of list) assert.match(reason, /^[a-z]+(-[a-z]+)*$/);
  }
});
