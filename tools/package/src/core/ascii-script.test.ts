import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asciiScript } from './ascii-script.ts';

test('what is not ASCII in a regular expression becomes an escape that means the same', () => {
  const script = asciiScript('/^\\d+(µs|“)$/');
  assert.equal(script, '/^\\d+(\\u00b5s|\\u201c)$/');
  const pattern = new RegExp(script.slice(1, -1));
  assert.deepEqual(
    ['3µs', '3“', '3us'].map((text) => pattern.test(text)),
    [true, true, false],
  );
});

test('a script in ASCII stays as it is', () => {
  const script = 'let a="\\u{1f600}"; // \0 ~\n';
  assert.equal(asciiScript(script), script);
});
