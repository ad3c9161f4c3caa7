import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addonNameOf, parseManifests } from './parse-manifests.ts';

const labels = '{addonmanager.kubernetes.io/mode: Reconcile}';
const good = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: ${labels}}\n`;

describe('parseManifests', () => {
  test('reads every document of a file and skips empty ones', () => {
    const { manifests, problems } = parseManifests(
      `# nothing\n---\n${good}---\n---\n${good.replace('name: a', 'name: b')}`,
      'x/y.yaml',
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      manifests.map(({ object, source, addon, mode }) => [object.metadata.name, source.document, addon, mode]),
      [
        ['a', 1, 'x/y', 'Reconcile'],
        ['b', 3, 'x/y', 'Reconcile'],
      ],
    );
  });

  test('reads JSON, and lists in lists', () => {
    const item = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', labels: { 'addonmanager.kubernetes.io/mode': 'EnsureExists' } },
    };
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [item, { apiVersion: 'v1', kind: 'List', items: [{ ...item, kind: 'Secret' }] }],
    };
    const { manifests } = parseManifests(JSON.stringify(list), 'a.json');
    assert.deepEqual(
      manifests.map(({ object, mode }) => [object.kind, mode]),
      [
        ['ConfigMap', 'EnsureExists'],
        ['Secret', 'EnsureExists'],
      ],
    );
  });

  for (const [rule, text, message] of [
    ['YAML must be right', 'kind: [', /document 1/],
    ['keys must not repeat', `${good}kind: Secret\n`, /unique/],
    ['an alias bomb is not unfolded', bomb(), /alias/i],
    ['a document must be an object', 'just text', /is not an object/],
    ['a document must not be a list', '- a', /is not an object/],
    ['apiVersion must be there', good.replace('apiVersion: v1', 'a: b'), /no apiVersion/],
    ['apiVersion must be one', good.replace('apiVersion: v1', 'apiVersion: ../../x'), /apiVersion that cannot/],
    ['apiVersion must not climb', good.replace('apiVersion: v1', 'apiVersion: a/b/c'), /apiVersion that cannot/],
    ['kind must be there', good.replace('kind: ConfigMap\n', ''), /no valid kind/],
    ['kind must be one', good.replace('kind: ConfigMap', 'kind: Config/Map'), /no valid kind/],
    ['metadata must be there', 'apiVersion: v1\nkind: ConfigMap', /no metadata/],
    ['name must be there', good.replace('name: a, ', ''), /metadata.name/],
    ['name must be text', good.replace('name: a', 'name: 12'), /metadata.name/],
    ['a generated name is no name', good.replace('name: a', 'generateName: a-'), /generateName/],
    ['name must not climb', good.replace('name: a', 'name: ..'), /cannot be one/],
    ['name must be one segment', good.replace('name: a', 'name: a/b'), /cannot be one/],
    ['name must not be encoded', good.replace('name: a', 'name: "a%2fb"'), /cannot be one/],
    ['name must not carry a query', good.replace('name: a', 'name: "a?force=true"'), /cannot be one/],
    ['namespace must not climb', good.replace('name: a', 'name: a, namespace: ".."'), /metadata.namespace/],
    ['namespace must be text', good.replace('name: a', 'name: a, namespace: 1'), /metadata.namespace/],
    ['labels must be text', good.replace('Reconcile}', 'Reconcile, x: 1}'), /metadata.labels/],
    ['annotations must be text', good.replace('name: a', 'name: a, annotations: {x: true}'), /metadata.annotations/],
  ] as const) {
    test(rule, () => {
      const { manifests, problems } = parseManifests(text, 'a.yaml');
      assert.deepEqual(manifests, []);
      assert.deepEqual(
        problems.map(({ kind }) => kind),
        ['damaged'],
      );
      assert.match(problems[0]?.message ?? '', message);
      assert.match(problems[0]?.message ?? '', /^a\.yaml document 1/);
    });
  }

  test('one bad document harms no other', () => {
    const { manifests, problems } = parseManifests(`${good}---\nkind: 1\n---\n${good}`, 'a.yaml');
    assert.equal(manifests.length, 2);
    assert.deepEqual(
      problems.map(({ source }) => source.document),
      [2],
    );
  });

  test('an object without a valid label is ignored, with its place and the cure', () => {
    for (const text of [good.replace(labels, '{}'), good.replace('Reconcile', 'Reconsile')]) {
      const [problem] = parseManifests(text, 'a.yaml').problems;
      assert.equal(problem?.kind, 'ignored');
      assert.equal(problem?.object?.metadata.name, 'a');
      assert.match(problem?.cure ?? '', /Reconcile or EnsureExists/);
    }
  });

  test('an addon is called after its file', () => {
    assert.equal(addonNameOf('dns/coredns.yaml'), 'dns/coredns');
    assert.equal(addonNameOf('a.yaml.json'), 'a.yaml');
  });
});

/** Nine levels of nine aliases each: 9⁹ values. */
function bomb(): string {
  const levels = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [index, name] of [...'bcdefghi'].entries()) {
    const previous = 'abcdefghi'[index];
    levels.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${previous}`).join(', ')}]`);
  }
  return levels.join('\n');
}
