import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type GoBinary, goBinaries } from './binaries.ts';
import { cacheDirs } from './cache-dirs.ts';
import { type BuildContext, buildArguments, buildBinary } from './go-build.ts';
import { fakeGo, script, temporaryFolder } from './testing.ts';

const binary = (name: string): GoBinary => {
  const found = goBinaries.find((one) => one.name === name);
  assert.ok(found);
  return found;
};

async function contextOf(t: TestContext, go: string): Promise<BuildContext> {
  const root = await temporaryFolder(t);
  await script(join(root, 'path/go'), go);
  const goFolder = join(root, 'go');
  await mkdir(join(goFolder, 'etcd'), { recursive: true });
  const env = { PATH: join(root, 'path'), HOME: root, FAKE_LOG: join(root, 'log') };
  return { env, goFolder, dirs: cacheDirs(env, '1') };
}

test('a build leaves no paths or symbols in the program and stamps the version', () => {
  const args = buildArguments(binary('kubelet'), '1.36.3', '/o');
  assert.ok(args.includes('-trimpath'));
  const linkerFlags = args[args.indexOf('-ldflags') + 1] ?? '';
  assert.match(linkerFlags, /^-s -w .*-X k8s\.io\/component-base\/version\.gitVersion=v1\.36\.3/);
  assert.equal(args.at(-1), '/o');
});

test('a built program has its name only when it is whole', async (t) => {
  const context = await contextOf(t, fakeGo);
  const path = await buildBinary(binary('etcd'), '3.6.6', context);
  assert.equal(path, join(context.dirs.bin, 'etcd'));
  assert.deepEqual(await readdir(context.dirs.bin), ['etcd']);
  assert.equal(await readFile(context.env.FAKE_LOG ?? '', 'utf8'), 'go.etcd.io/etcd/server/v3\n');
});

test('a failed build leaves nothing behind and says why', async (t) => {
  const context = await contextOf(t, 'echo half > "$0.tmp"; echo "write: no space left on device" >&2; exit 1');
  await assert.rejects(buildBinary(binary('etcd'), '3.6.6', context), { code: 'NO_SPACE' });
  assert.deepEqual(await readdir(context.dirs.bin), []);
});

test('a cancelled build ends at once', async (t) => {
  const context = await contextOf(t, 'exec /bin/sleep 60');
  const ending = new AbortController();
  const build = buildBinary(binary('etcd'), '3.6.6', { ...context, signal: ending.signal });
  setImmediate(() => ending.abort());
  await assert.rejects(build, { code: 'CANCELLED' });
});

test('flannel is built from a copy whose UDP backend is empty, and the copy is removed', async (t) => {
  const context = await contextOf(
    t,
    `case "$1 $2" in
      "mod download") echo "{\\"Dir\\": \\"$FAKE_MODULE\\"}"; exit;;
    esac
    PATH=/usr/bin:/bin
    for word; do case $word in -modfile=*) copy=$(dirname "\${word#-modfile=}"); esac; done
    (cd "$copy" && cat go.mod && find module -type f | sort && cat module/pkg/backend/udp/*) > "$FAKE_LOG"
    while [ $# -gt 1 ]; do [ "$1" = -o ] && : > "$2"; shift; done`,
  );
  const module = join(context.goFolder, 'module');
  await mkdir(join(module, 'pkg/backend/udp'), { recursive: true });
  await writeFile(join(module, 'main.go'), 'package main');
  await writeFile(join(module, 'pkg/backend/udp/proxy_amd64.c'), 'int x;');
  await mkdir(join(context.goFolder, 'flannel'));
  await writeFile(join(context.goFolder, 'flannel/go.mod'), 'module pinned\n');
  await writeFile(join(context.goFolder, 'flannel/go.sum'), '');
  const env = { ...context.env, FAKE_MODULE: module };
  await buildBinary(binary('flanneld'), '0.28.10', { ...context, env });
  const seen = await readFile(context.env.FAKE_LOG ?? '', 'utf8');
  assert.match(seen, /^module pinned\n\nreplace github\.com\/flannel-io\/flannel => \S+\/module\n/);
  assert.match(seen, /module\/main\.go\nmodule\/pkg\/backend\/udp\/stub\.go\n\/\/ Package udp is left out/);
  assert.deepEqual(await readdir(context.dirs.source), []);
});
