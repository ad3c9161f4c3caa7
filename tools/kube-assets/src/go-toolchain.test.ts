import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkGo, goEnvironment, goProblem } from './go-toolchain.ts';
import { script, temporaryFolder } from './testing.ts';

const said = { exitCode: 0, stdout: 'go1.26.8\n', stderr: '' };

test('a Go that is new enough is fine', () => {
  assert.equal(goProblem(said, '1.26.0'), undefined);
  assert.equal(goProblem({ ...said, stdout: 'devel go1.27-abc' }, '1.26.0'), undefined);
});

test('an old, a missing and a pinned-down Go are told apart, each with a cure', () => {
  const old = goProblem({ ...said, stdout: 'go1.19.8' }, '1.26.0');
  assert.equal(old?.details.reason, 'go-too-old');
  const missing = goProblem({ ...said, exitCode: 127 }, '1.26.0');
  assert.equal(missing?.details.reason, 'go-missing');
  assert.match(missing?.details.cure ?? '', /Go 1\.26 or newer.*EASYCERTS_BIN_DIR/);
  const stderr = 'go: go.mod requires go >= 1.26.0 (running go 1.24.1; GOTOOLCHAIN=local)';
  assert.equal(goProblem({ exitCode: 1, stdout: '', stderr }, '1.26.0')?.code, 'FAILED_PRECONDITION');
});

test('go is searched on the PATH that was given', async (t) => {
  const root = await temporaryFolder(t);
  await assert.rejects(checkGo(root, '1.26.0', { PATH: root }), { code: 'FAILED_PRECONDITION' });
  await script(join(root, 'go'), 'echo go1.26.0');
  await checkGo(root, '1.26.0', { PATH: root });
});

test("the user's settings may not change what is built", () => {
  const env = goEnvironment(
    { GOFLAGS: '-mod=mod -p=1', GOWORK: '/w', CGO_ENABLED: '1', GOPROXY: 'p', GOARCH: 'x' },
    'x64',
  );
  assert.deepEqual(env, {
    GOFLAGS: '-p=1',
    GOWORK: 'off',
    CGO_ENABLED: '0',
    GOPROXY: 'p',
    GOOS: 'linux',
    GOARCH: 'amd64',
  });
  assert.equal(goEnvironment({}, 'arm64').GOARCH, 'arm64');
});
