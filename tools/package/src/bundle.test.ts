import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { bundle } from './bundle.ts';

describe('the scripts of the executable', () => {
  let first: string;
  let scripts: Readonly<Record<string, string>>;
  let signingThread: string;
  let licences: readonly string[];
  const scriptOf = (name: string): string => scripts[name] ?? assert.fail(`there is no script ${name}`);
  before(async () => {
    const made = await bundle();
    first = Buffer.from(made.first).toString('utf8');
    scripts = Object.fromEntries(
      Object.entries(made.scripts).map(([name, text]) => [name, Buffer.from(text).toString('utf8')]),
    );
    signingThread = Buffer.from(made.signingThread).toString('utf8');
    licences = made.notices.map(({ name }) => name.replace(/ \d.*/, ''));
  });

  test('are ASCII: a single other character would double what they take in memory', () => {
    for (const script of [first, signingThread, ...Object.values(scripts)])
      assert.equal(script.search(/[^\0-\x7f]/), -1);
  });

  test('are strict, and the first has no library', () => {
    for (const script of [first, signingThread, ...Object.values(scripts)]) assert.match(script, /^"use strict";/);
    assert.match(first, /--no-turbofan/);
    assert.ok(first.length < 4096, `${first.length} bytes`);
  });

  test('are those that the first looks for', () => {
    for (const name of Object.keys(scripts)) assert.ok(first.includes(name), name);
  });

  test('have one of zod’s languages, and nothing that is never loaded', () => {
    for (const script of Object.values(scripts)) {
      assert.match(script, /Invalid input: expected /);
      assert.doesNotMatch(script, /Ungültige Eingabe|Ung\\xFCltige Eingabe/);
    }
    assert.ok(licences.includes('zod') && licences.includes('@grpc/grpc-js'));
    for (const name of ['@grpc/proto-loader', 'protobufjs']) assert.ok(!licences.includes(name), name);
  });

  test('of one service have nothing of the others', () => {
    assert.ok(scriptOf('easycerts').length > 1.2 * scriptOf('agent').length);
    assert.ok(signingThread.length < 50_000, `${signingThread.length} bytes`);
    assert.ok(scriptOf('agent').length > 1.2 * scriptOf('addon-manager').length);
  });
});
