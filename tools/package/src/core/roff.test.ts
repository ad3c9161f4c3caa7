import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RoffBlock, renderRoff } from './roff.ts';

const page = (...blocks: RoffBlock[]): string =>
  renderRoff({ name: 'ca', section: 1, date: '2020-01-01', source: 'easycerts 1.2.3', blocks });

test('the title names page, section, date and source', () => {
  assert.match(page(), /^\.TH "CA" 1 "2020\\-01\\-01" "easycerts 1\.2\.3" "easycerts"\n/);
});

const rows: readonly [string, RoffBlock, string][] = [
  ['a heading', { kind: 'heading', text: 'NAME' }, '.SH "NAME"'],
  ['hyphens can be copied', { kind: 'paragraph', text: 'give --json' }, 'give \\-\\-json'],
  ['a full stop at the begin is no request', { kind: 'paragraph', text: '.so /etc/shadow' }, '\\&.so /etc/shadow'],
  ['an apostrophe at the begin is no request', { kind: 'paragraph', text: "'br" }, "\\&'br"],
  ['a line break makes no request', { kind: 'paragraph', text: 'a\n.so x' }, 'a .so x'],
  ['a backslash means itself', { kind: 'paragraph', text: 'a\\fB' }, 'a\\efB'],
  ['a quote in a term', { kind: 'term', term: 'a "b"', text: 'c' }, '.TP\n.B "a \\(dqb\\(dq"\nc'],
  ['a term without text', { kind: 'term', term: 'a', text: '' }, '.TP\n.B "a"\n\\&'],
  ['letters beyond ASCII', { kind: 'paragraph', text: 'host’s … ä' }, 'host\\(cqs \\&... \\[u00E4]'],
  ['a synopsis', { kind: 'synopsis', command: 'ca list', rest: '[options]' }, '\\fBca list\\fR [options]'],
];
for (const [name, block, expected] of rows)
  test(name, () => assert.ok(page(block).endsWith(`${expected}\n`), page(block)));
