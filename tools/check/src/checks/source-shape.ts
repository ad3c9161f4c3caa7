/** How a source file is made, where a machine can see it (CONTRIBUTING.md, "Style"). */

import type { CheckDefinition, CheckInput } from '../check-definition.ts';
import type { TreeFile } from '../source-tree.ts';

const maxLines = 400;
const maxTestLines = 500;

export const sourceShape: CheckDefinition = {
  name: 'shape of source files',
  cure: 'see "Style" in CONTRIBUTING.md',
  run: shapeProblems,
};

/** Pure: each file says in its first line what it is for, is not too long, and has named exports only. */
export function shapeProblems({ tree }: Pick<CheckInput, 'tree'>): readonly string[] {
  return tree.filter(({ path }) => isSource(path)).flatMap(problemsOf);
}

function problemsOf({ path, text }: TreeFile): readonly string[] {
  const lines = text.split('\n').length - 1;
  const isTest = /\.test\.(ts|mjs)$/.test(path);
  const limit = isTest ? maxTestLines : maxLines;
  const isDescribed = isTest || /(^|\/)index\.ts$/.test(path) || /^(#!.*\n)?\/\*\*/.test(text);
  return [
    ...(lines > limit ? [`${path}: ${lines} lines, at most ${limit}`] : []),
    ...(isDescribed ? [] : [`${path}:1: the file does not say what it is for`]),
    ...(/^export default\b/m.test(text) ? [`${path}: has a default export`] : []),
    ...(/\bTO(?:DO)\b(?!.*#\d)/.test(text) ? [`${path}: has a note for later without the number of an issue`] : []),
  ];
}

function isSource(path: string): boolean {
  return /\.(ts|mjs)$/.test(path) && !path.includes('/generated/') && !path.endsWith('.d.ts');
}
