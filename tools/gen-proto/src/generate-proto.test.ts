import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { generateProto, protoFolder, protoProblems } from './generate-proto.ts';

const workspace = join(import.meta.dirname, '../../..');
const proto = 'libs/shared/contracts/proto/easycerts/ca/v1/certificate_authority.proto';

test('the generated code in the tree is what its source gives, twice', async () => {
  const first = await generateProto(workspace);
  assert.deepEqual([...(await generateProto(workspace))], [...first]);
  const names = ['administration', 'certificate_authority', 'enrolment'];
  assert.deepEqual(
    [...first.keys()],
    names.map((name) => `${protoFolder}/easycerts/ca/v1/${name}.ts`),
  );
  for (const [path, content] of first) assert.equal(await readFile(join(workspace, path), 'utf8'), content);
});

test('the interface keeps what was released, and its style', async () => {
  assert.deepEqual(await protoProblems(workspace), []);
});

const changes: readonly [name: string, before: string, after: string, expected: RegExp][] = [
  ['a removed field', '  string reason = 5;\n', '', /field "5".*deleted/],
  [
    'a field of another type',
    'string request_id = 3;',
    'bytes request_id = 3;',
    /changed type from "string" to "bytes"/,
  ],
  ['a field of another number', 'string request_id = 3;', 'string request_id = 9;', /field "3".*deleted/],
  [
    'a removed call',
    '  rpc GetCertificate(GetCertificateRequest) returns (IssuedCertificate);\n',
    '',
    /RPC "GetCertificate".*deleted/,
  ],
  ['a name against the style', 'string request_id = 3;', 'string requestId = 3;', /lower_snake_case/],
];

for (const [name, before, after, expected] of changes) {
  test(`${name} is found`, async (t) => {
    const copy = await copyOfWorkspace(t);
    const text = await readFile(join(copy, proto), 'utf8');
    assert.ok(text.includes(before));
    await writeFile(join(copy, proto), text.replace(before, after));
    assert.match((await protoProblems(copy)).join('\n'), expected);
  });
}

test('an added field is no problem', async (t) => {
  const copy = await copyOfWorkspace(t);
  const text = await readFile(join(copy, proto), 'utf8');
  await writeFile(
    join(copy, proto),
    text.replace('  string reason = 5;\n', '  string reason = 5;\n  string later = 6;\n'),
  );
  assert.deepEqual(await protoProblems(copy), []);
});

test('a file that cannot be parsed is an error, not an empty result', async (t) => {
  const copy = await copyOfWorkspace(t);
  await writeFile(join(copy, proto), 'syntax = "proto3"\nmessage {');
  await assert.rejects(generateProto(copy));
});

async function copyOfWorkspace(t: TestContext): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'easycerts-gen-proto-test-'));
  t.after(() => rm(copy, { recursive: true, force: true }));
  for (const part of [
    'libs/shared/contracts/proto',
    'libs/shared/contracts/buf.yaml',
    'libs/shared/contracts/buf.gen.yaml',
    'vectors/proto',
  ]) {
    await cp(join(workspace, part), join(copy, part), { recursive: true });
  }
  await symlink(join(workspace, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}
