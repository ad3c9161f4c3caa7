import assert from 'node:assert/strict';
import test from 'node:test';
import { shapeProblems } from './source-shape.ts';

const described = '/** What it is for. */\n';
const todo = ['TO', 'DO'].join('');

const rows: readonly [name: string, path: string, text: string, problems: readonly RegExp[]][] = [
  ['a described file', 'a.ts', described, []],
  ['a described program', 'tools/run.mjs', `#!/usr/bin/env node\n${described}`, []],
  ['a test needs no description', 'a.test.ts', "import test from 'node:test';\n", []],
  ['an index needs no description', 'src/index.ts', "export { a } from './a.ts';\n", []],
  ['a file that does not say what it is for', 'a.ts', 'export const a = 1;\n', [/does not say what it is for/]],
  ['a file that is too long', 'a.ts', `${described}${'\n'.repeat(400)}`, [/401 lines, at most 400/]],
  ['a default export', 'a.ts', `${described}export default 1;\n`, [/default export/]],
  ['a note for later without a number', 'a.ts', `${described}// ${todo}: mend\n`, [/without the number/]],
  ['a note for later with a number', 'a.ts', `${described}// ${todo} (#12): mend\n`, []],
  ['what is generated is left alone', 'src/generated/a.ts', 'export default 1;\n', []],
];

for (const [name, path, text, problems] of rows) {
  test(name, () => {
    const found = shapeProblems({ tree: [{ path, text }] });
    assert.equal(found.length, problems.length, found.join('\n'));
    for (const [index, problem] of problems.entries()) assert.match(found[index] ?? '', problem);
  });
}
