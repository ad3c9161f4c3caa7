import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { specOf } from '../../test/specs.ts';
import { SpecFiles } from './spec-files.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'spec-files-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(unit: string, content: string = JSON.stringify(specOf(unit))): void {
  writeFileSync(join(base, `${unit}.json`), content);
}

describe('SpecFiles', () => {
  it('gives the specs, and passes over what is none', () => {
    write('b');
    write('a');
    writeFileSync(join(base, '.a.json.0123.tmp'), '{');
    writeFileSync(join(base, '.hidden.json'), '{');
    writeFileSync(join(base, 'README'), 'x');
    const { problems, specs, units } = new SpecFiles(base).load();
    assert.deepEqual([specs.map(({ unit }) => unit), problems, [...(units ?? [])]], [['a', 'b'], [], ['a', 'b']]);
  });

  it('passes over the units that it is told not to want, whatever their files say', () => {
    write('a');
    write('own');
    const damaged = (): void => write('own', '{');
    const files = new SpecFiles(base, ['own']);
    for (const change of [() => undefined, damaged]) {
      change();
      const { problems, specs, units } = files.load();
      assert.deepEqual([specs.map(({ unit }) => unit), problems, [...(units ?? [])]], [['a'], [], ['a']]);
    }
  });

  it('gives the same object while the file is the same, and another once it changed', () => {
    const files = new SpecFiles(base);
    write('a');
    const [first] = files.load().specs;
    assert.equal(files.load().specs[0], first);
    write('a', JSON.stringify(specOf('a', { description: 'another, longer' })));
    assert.equal(files.load().specs[0]?.description, 'another, longer');
  });

  it('tells what is wrong with a file, and still counts its unit as wanted', () => {
    write('a');
    write('b', '{');
    mkdirSync(join(base, 'c.json'));
    const { problems, specs, units } = new SpecFiles(base).load();
    assert.deepEqual(
      specs.map(({ unit }) => unit),
      ['a'],
    );
    assert.deepEqual(
      problems.map(({ path, unit }) => [unit, path]),
      [
        ['b', join(base, 'b.json')],
        ['c', join(base, 'c.json')],
      ],
    );
    assert.deepEqual([...(units ?? [])], ['a', 'b', 'c']);
  });

  it('does not know what is wanted when the folder cannot be listed', () => {
    const { problems, specs, units } = new SpecFiles(join(base, 'absent')).load();
    assert.deepEqual([specs, units, problems.length], [[], undefined, 1]);
  });
});
