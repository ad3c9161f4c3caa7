/** Documents that are made to cost more than they are worth; what specs say is tested with their schema. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDocument } from './read-document.ts';

const levels = (count: number, opened: string, closed = ''): string => opened.repeat(count) + closed.repeat(count);

describe('readDocument', () => {
  const tooDeep: Readonly<Record<string, string>> = {
    'mappings that are only opened': levels(200_000, '{'),
    'lists that are only opened': levels(200_000, '['),
    'mappings as keys of mappings': levels(300, '{', '}'),
    'lists in lists': levels(300, '[', ']'),
    'entries in one line': levels(300, '- '),
    'keys in one line': levels(300, '? '),
  };
  for (const [name, text] of Object.entries(tooDeep)) {
    test(`refuses what is nested too deeply: ${name}`, () => {
      for (const format of ['json', 'yaml'] as const) {
        const read = readDocument(text, format, []);
        assert.deepEqual(read, { kind: 'problems', problems: [{ path: '', message: 'more than 32 levels deep' }] });
      }
    });
  }

  test('refuses collections as keys, without a warning that quotes them', (t) => {
    const warned = t.mock.method(process, 'emitWarning', () => undefined);
    for (const text of ['{ { secret: 1 }: 2 }', '? [secret]\n: 1', levels(30, '{', '}')]) {
      const read = readDocument(text, 'yaml', []);
      assert.equal(read.kind, 'problems');
      assert.ok(!JSON.stringify(read).includes('secret'));
    }
    assert.equal(warned.mock.callCount(), 0);
  });

  test('reads what is nested as far as it may be, and texts with brackets', () => {
    assert.equal(readDocument(levels(32, '[', ']'), 'yaml', []).kind, 'value');
    assert.equal(readDocument(levels(32, '[', ']'), 'json', []).kind, 'value');
    const command = 'f() { for a in "$@"; do echo [$a]; done; }; ';
    const value = { action: levels(100, command) };
    for (const format of ['json', 'yaml'] as const) {
      assert.deepEqual(readDocument(JSON.stringify(value), format, []), { kind: 'value', value });
    }
  });
});
