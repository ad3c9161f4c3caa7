import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { imageArchive } from './oci-image.ts';
import { type ImageFacts, imageRef, imageSpec, writeImage } from './seed-images.ts';
import { script, temporaryFolder } from './testing.ts';

const facts: ImageFacts = {
  ref: imageRef('pause', '1.36.3-0a1b2c3d'),
  architecture: 'arm64',
  program: Buffer.from('program'),
  applets: ['wget', 'sh', '[', 'busybox', '../etc/passwd', 'httpd'],
};

test('an archive is the same for the same program, and another for another', () => {
  const bytes = (one: ImageFacts): Buffer => Buffer.concat(imageArchive(imageSpec('coredns', one)));
  assert.deepEqual(bytes(facts), bytes(facts));
  assert.notDeepEqual(bytes(facts), bytes({ ...facts, program: Buffer.from('other') }));
});

test('every digest in an archive is that of its blob, and the layer is its own diff id', async (t) => {
  const folder = await temporaryFolder(t);
  const input = Buffer.concat(imageArchive(imageSpec('pause', facts)));
  execFileSync('tar', ['-xf', '-', '-C', folder], { input });
  const blob = async (digest: string): Promise<Buffer> => {
    const content = await readFile(join(folder, 'blobs', digest.replace(':', '/')));
    assert.equal(`sha256:${createHash('sha256').update(content).digest('hex')}`, digest);
    return content;
  };
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  assert.equal(index.manifests[0].annotations['io.containerd.image.name'], facts.ref);
  assert.deepEqual(index.manifests[0].platform, { architecture: 'arm64', os: 'linux' });
  const manifest = JSON.parse(String(await blob(index.manifests[0].digest)));
  const config = JSON.parse(String(await blob(manifest.config.digest)));
  const layer = await blob(manifest.layers[0].digest);
  assert.equal(layer.length, manifest.layers[0].size);
  assert.deepEqual(config.rootfs.diff_ids, [manifest.layers[0].digest]);
  assert.equal(config.architecture, 'arm64');
  assert.deepEqual(config.config.Entrypoint, ['/pause']);
});

test('coredns is not root, and may listen on port 53 all the same', () => {
  const { user, files } = imageSpec('coredns', facts);
  assert.match(user ?? '', /^[1-9]\d*:[1-9]\d*$/);
  const program = files.find((file) => file.path === 'coredns');
  assert.ok(program?.kind === 'file' && program.capabilities);
  const words = new Uint32Array(program.capabilities.slice().buffer);
  assert.deepEqual([...words], [0x02000001, 1 << 10, 0, 0, 0]);
});

test('busybox has a link per applet, and none that leaves its folder', () => {
  const links = imageSpec('busybox', facts).files.filter((file) => file.kind === 'link');
  assert.deepEqual(
    links.map((file) => file.path),
    ['bin/[', 'bin/httpd', 'bin/sh', 'bin/wget'],
  );
});

test('an archive is written from a program on disk', async (t) => {
  const folder = await temporaryFolder(t);
  const busybox = await script(join(folder, 'busybox'), 'printf "sh\\nwget\\n"');
  const archive = join(folder, 'images/busybox.tar');
  await mkdir(join(folder, 'images'));
  await writeImage('busybox', imageRef('busybox', '1'), busybox, archive);
  const listed = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' });
  assert.match(listed, /^oci-layout\nindex\.json\nblobs\//);
});
