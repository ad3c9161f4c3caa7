import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { CommandDescription } from '@easycerts/runtime';
import { manPages } from './man-pages.ts';

const leaf = (path: readonly string[], description: string): CommandDescription => ({
  path,
  description,
  usage: '[options] <serial>',
  arguments: [{ term: 'serial', description: 'serial number' }],
  options: [
    { term: '--pem', description: 'print it', group: undefined, env: undefined },
    { term: '--root <dir>', description: 'work below', group: 'Options of every command:', env: 'EASYCERTS_ROOT' },
  ],
  commands: [],
});
const ca: CommandDescription = {
  ...leaf(['ca'], 'the certificate authority'),
  arguments: [],
  commands: [leaf(['ca', 'show'], 'show one: all of it')],
};
const easycerts: CommandDescription = {
  ...leaf(['easycerts'], 'a secure cluster'),
  arguments: [],
  commands: [leaf(['easycerts', 'ca'], 'the certificate authority'), leaf(['easycerts', 'events'], 'print events')],
};
const pages = manPages({ programs: [easycerts, ca], version: '1.2.3', date: '2020-01-01' });
const textOf = (file: string): string => pages.find((page) => page.file === file)?.text ?? assert.fail(file);

test('there is a page for every program and every command, and none twice', () => {
  assert.deepEqual(
    pages.map(({ file }) => file),
    ['easycerts.1', 'easycerts-events.1', 'ca.1', 'ca-show.1'],
  );
});

test('the name is one that apropos understands', () => {
  assert.match(textOf('ca-show.1'), /\.SH "NAME"\n\.PP\nca\\-show \\- show one\n/);
});

test('a command that is a program of its own is referred to by its own page', () => {
  assert.match(textOf('easycerts.1'), /\.B "ca\(1\)"/);
  assert.match(textOf('easycerts.1'), /\.B "easycerts\\-events\(1\)"/);
});

test('options stand under their headings, with their variables', () => {
  const text = textOf('ca-show.1');
  assert.match(text, /\.SH "OPTIONS"\n\.TP\n\.B "\\-\\-pem"\nPrint it\.\n\.SH "OPTIONS OF EVERY COMMAND"/);
  assert.match(text, /\.B "EASYCERTS_ROOT"\nValue of \\-\\-root when/);
});

test('a page refers to its program and the other ones', () => {
  assert.match(textOf('ca-show.1'), /\.SH "SEE ALSO"\n\.PP\nca\(1\), easycerts\(1\)\n/);
});

const groff = spawnSync('groff', ['--version']).status === 0;
test('groff has nothing to say about them', { skip: !groff && 'no groff here' }, () => {
  for (const { file, text } of pages) {
    const { stderr, status } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z'], { input: text, encoding: 'utf8' });
    assert.deepEqual({ file, stderr, status }, { file, stderr: '', status: 0 });
  }
});
