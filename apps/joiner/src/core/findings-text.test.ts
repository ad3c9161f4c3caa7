import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countText, findingsText } from './findings-text.ts';

const error = { check: 'swap', severity: 'error', message: 'swap is on', cure: 'swapoff -a' } as const;
const warning = { ...error, severity: 'warning' } as const;

test('findings are counted in words', () => {
  assert.equal(countText([]), 'all is well');
  assert.equal(countText([warning]), '1 warning');
  assert.equal(countText([error, warning, error]), '2 errors, 1 warning');
});

test('findings are told with what mends them', () => {
  assert.equal(findingsText([error]), 'error [swap] swap is on\n  do: swapoff -a\n1 error\n');
});
