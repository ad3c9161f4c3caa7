import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { shellQuote } from './shell-quote.ts';

for (const word of ['plain', 'two words', "it's", '$HOME', '`id`', '', '-n', '\\', '*'])
  test(`quoting ${JSON.stringify(word)} gives it back`, () => {
    assert.equal(execFileSync('sh', ['-c', `printf %s ${shellQuote(word)}`], { encoding: 'utf8' }), word);
  });
