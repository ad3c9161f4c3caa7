import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { bundle } from './bundle.ts';

describe('the script of the executable', () => {
  let script: string;
  let licences: readonly string[];
  before(async () => {
    const made = await bundle();
    script = Buffer.from(made.script).toString('utf8');
    licences = made.notices.map(({ name }) => name.replace(/ \d.*/, ''));
  });

  test('is ASCII: a single other character would double what it takes in memory', () => {
    assert.equal(script.search(/[^\0-\x7f]/), -1);
  });

  test('tells V8 about memory before anything else, and stays strict', () => {
    assert.match(script, /^"use strict";/);
    const [flags, declarations] = [script.indexOf('--no-turbofan'), script.indexOf('Object.defineProperty')];
    assert.ok(flags !== -1 && flags < declarations, `${flags} ${declarations}`);
  });

  test('has one of zod’s languages, and nothing that is never loaded', () => {
    assert.match(script, /Invalid input: expected /);
    assert.doesNotMatch(script, /Ungültige Eingabe|Ung\\xFCltige Eingabe/);
    assert.ok(licences.includes('zod') && licences.includes('@grpc/grpc-js'));
    for (const name of ['@grpc/proto-loader', 'protobufjs']) assert.ok(!licences.includes(name), name);
  });
});
