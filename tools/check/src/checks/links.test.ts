import assert from 'node:assert/strict';
import test from 'node:test';
import { linkProblems } from './links.ts';

const others = [
  { path: 'package.json', text: JSON.stringify({ scripts: { start: 'x', check: 'x' } }) },
  { path: 'docs/events.md', text: '# Events\n\n## certificate.rolled-back\n\n## Why `x` is\n\n## Why `x` is\n' },
  { path: 'docs/schemas/events/a.json', text: '{}' },
];

function problemsOf(text: string, path = 'README.md'): readonly string[] {
  return linkProblems({ tree: [...others, { path, text }] });
}

const fine: readonly [name: string, text: string, path?: string][] = [
  ['a file', '[events](docs/events.md)'],
  ['a folder', '[schemas](docs/schemas/events)'],
  ['a folder with a slash', '[schemas](docs/schemas/)'],
  ['a heading of a file', '[back](docs/events.md#certificaterolled-back)'],
  ['the second heading of the same words', '[why](docs/events.md#why-x-is-1)'],
  ['a heading of its own page', '# Start here\n[start](#start-here)'],
  ['a file seen from a folder', '[up](../docs/events.md)', 'docs/x.md'],
  ['another site', '[k](https://kubernetes.io/x#y) [m](mailto:a@b.example)'],
  ['something in code', 'write `[text](target.md)`\n```md\n[x](y.md)\n```'],
  ['a script that exists', '```sh\nnpm run check\nnpm start -- --detach\n```'],
];

for (const [name, text, path] of fine) {
  test(`a link to ${name} is fine`, () => assert.deepEqual(problemsOf(text, path), []));
}

const broken: readonly [name: string, text: string, problem: string][] = [
  ['a file that is not there', '\n[x](docs/event.md)', 'README.md:2: docs/event.md: there is no such file'],
  ['a heading that is not there', '[x](docs/events.md#y)', 'README.md:1: docs/events.md#y: there is no such heading'],
  ['a heading of its own that is not there', '[x](#y)', 'README.md:1: #y: there is no such heading'],
  ['a script that is not there', '```sh\nnpm run chek\n```', 'README.md:2: npm run chek: there is no such script'],
  ['a short script that is not there', 'Type `npm stop`.', 'README.md:1: npm run stop: there is no such script'],
];

for (const [name, text, problem] of broken) {
  test(`found: ${name}`, () => assert.deepEqual(problemsOf(text), [problem]));
}
