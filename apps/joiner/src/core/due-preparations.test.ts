import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duePreparations } from './due-preparations.ts';

const preparations = ['/a.tar', '/b.tar'].map((file) => ({ argv: ['/bin/import', file], file }));
const print = (files: Readonly<Record<string, string>>) => ({ unit: 'u', files, certificates: {} });
const observed = print({ '/a.tar': 'a1', '/b.tar': 'b1' });

const rows: readonly [string, Parameters<typeof duePreparations>[1], readonly string[]][] = [
  ['all before the first start', { startedWith: undefined, observed, isForced: false }, ['/a.tar', '/b.tar']],
  ['none when nothing has changed', { startedWith: observed, observed, isForced: false }, []],
  [
    'the one whose file has changed',
    { startedWith: print({ '/a.tar': 'a0', '/b.tar': 'b1' }), observed, isForced: false },
    ['/a.tar'],
  ],
  ['the one that is new', { startedWith: print({ '/a.tar': 'a1' }), observed, isForced: false }, ['/b.tar']],
  ['all when somebody asks', { startedWith: observed, observed, isForced: true }, ['/a.tar', '/b.tar']],
  ['none whose file is gone', { startedWith: undefined, observed: print({}), isForced: true }, []],
];
for (const [what, given, files] of rows) {
  test(`to be prepared: ${what}`, () => {
    assert.deepEqual(
      duePreparations({ preparations }, given).map(({ file }) => file),
      files,
    );
  });
}

test('a component without preparations needs none', () => {
  assert.deepEqual(duePreparations({}, { startedWith: undefined, observed, isForced: true }), []);
});
