import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Apt } from './apt.ts';
import { cacheDirs } from './cache-dirs.ts';
import {
  cachedCniFolder,
  type FetchContext,
  fetchPackage,
  findCniFolder,
  libraryPath,
  missingLibraries,
} from './deb-package.ts';
import { debPackages, neededCniPlugins } from './packages.ts';
import { script, temporaryFolder } from './testing.ts';

const lddOutput = `	linux-vdso.so.1 (0x00007fefc62b5000)
	libseccomp.so.2 => not found
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007fefc60a2000)
`;

test('ldd names the libraries that are missing', () => {
  assert.deepEqual(missingLibraries(lddOutput), ['libseccomp.so.2']);
  assert.deepEqual(missingLibraries('	not a dynamic executable\n'), []);
});

const runc = debPackages.filter((one) => one.name === 'runc');

async function machine(t: TestContext, ldd: string): Promise<FetchContext & { unpacked: string[] }> {
  const root = await temporaryFolder(t);
  await script(join(root, 'path/ldd'), ldd);
  const unpacked: string[] = [];
  const tuple = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const apt: Apt = {
    install: async () => assert.fail('nothing is installed'),
    unpack: async (name, folder) => {
      unpacked.push(name);
      const file = name === 'runc' ? 'usr/sbin/runc' : `usr/lib/${tuple}/libseccomp.so.2`;
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), 'x', { mode: 0o755 });
    },
  };
  const env = { PATH: join(root, 'path'), HOME: root };
  return { apt, env, dirs: cacheDirs(env, '1'), unpacked };
}

test('a package is unpacked once, and its programs get their names', async (t) => {
  const context = await machine(t, 'exit 0');
  for (const one of [...runc, ...runc]) await fetchPackage(one, context);
  assert.deepEqual(context.unpacked, ['runc']);
  assert.deepEqual(await readdir(context.dirs.bin), ['runc']);
  assert.equal(await libraryPath(context.dirs), undefined);
});

test('a shared library that the machine lacks is unpacked too, and told', async (t) => {
  const context = await machine(t, `printf '\\tlibseccomp.so.2 => not found\\n'`);
  for (const one of runc) await fetchPackage(one, context);
  assert.deepEqual(context.unpacked, ['runc', 'libseccomp2']);
  assert.match((await libraryPath(context.dirs)) ?? '', /libseccomp2\/usr\/lib\//);
});

test('a library that no package of ours has is an error that names it', async (t) => {
  const context = await machine(t, `printf '\\tlibother.so.1 => not found\\n'`);
  for (const one of runc) await assert.rejects(fetchPackage(one, context), /libother\.so\.1/);
});

test('CNI plugins are taken from a folder that has all we use', async (t) => {
  const root = await temporaryFolder(t);
  const own = join(root, 'own');
  const cached = cachedCniFolder(debPackages, cacheDirs({ HOME: root }, '1'));
  const put = (folder: string, names: readonly string[]) =>
    Promise.all(names.map((name) => script(join(folder, name), '')));
  await put(join(own, 'cni'), neededCniPlugins.slice(1));
  await put(cached, neededCniPlugins);
  assert.equal(await findCniFolder(cached, { EASYCERTS_BIN_DIR: own }), cached);
  await put(join(own, 'cni'), neededCniPlugins);
  assert.equal(await findCniFolder(cached, { EASYCERTS_BIN_DIR: own }), join(own, 'cni'));
});
