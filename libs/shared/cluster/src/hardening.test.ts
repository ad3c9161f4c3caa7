import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hardenedExcept, hardenedService } from './hardening.ts';

test('without exceptions it is the full list, each option once', () => {
  assert.deepEqual(hardenedExcept([]), hardenedService);
  const options = hardenedService.map((line) => line.split('=')[0]);
  assert.equal(new Set(options).size, options.length);
});

test('an option is left out, or has another value, with the reason above it', () => {
  const lines = hardenedExcept([
    { option: 'ProtectProc', because: 'it looks at processes' },
    { option: 'UMask', value: '0022', because: 'others read it' },
  ]);
  assert.ok(!lines.includes('ProtectProc=invisible') && !lines.includes('UMask=0077'));
  assert.ok(lines.includes('# exception: no ProtectProc=invisible, because it looks at processes'));
  const at = lines.indexOf('UMask=0022');
  assert.equal(lines[at - 1], '# exception: UMask, because others read it');
  assert.equal(lines.length, hardenedService.length + 1);
});

test('an exception for an option that is not there is a mistake', () => {
  assert.throws(() => hardenedExcept([{ option: 'ProtectEverything', because: 'x' }]), TypeError);
});
