/** The images that are made of local programs, so that a first cluster needs no image registry. */

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, toAppError } from '@easycerts/core';
import { goArchitecture } from './go-toolchain.ts';
import type { BinaryName, ImageName } from './groups.ts';
import { type ImageSpec, imageArchive, writeParts } from './oci-image.ts';
import { placeFile, temporaryName } from './place-file.ts';
import { runCommand } from './run-command.ts';
import type { TarEntry } from './tar.ts';

/** The program an image is made of. */
export const programOfImage: Readonly<Record<ImageName, BinaryName>> = {
  pause: 'pause',
  coredns: 'coredns',
  busybox: 'busybox',
};

export interface ImageFacts {
  readonly ref: string;
  readonly architecture: string;
  readonly program: Uint8Array;
  /** Names under which busybox is also called. */
  readonly applets: readonly string[];
}

/** The name pods and containerd use; the tag is the version of the whole set. */
export function imageRef(name: ImageName, version: string): string {
  return `localhost/easycerts/${name}:${version}`;
}

/** Writes the archive of an image made of `program` (a path) to `archive`. */
export async function writeImage(name: ImageName, ref: string, program: string, archive: string): Promise<void> {
  try {
    const facts: ImageFacts = {
      ref,
      architecture: goArchitecture(process.arch),
      program: await readFile(program),
      applets: name === 'busybox' ? await appletsOf(program) : [],
    };
    const temporary = temporaryName(archive);
    await mkdir(join(archive, '..'), { recursive: true });
    await writeParts(temporary, imageArchive(imageSpec(name, facts)));
    await placeFile(temporary, archive);
  } catch (error) {
    throw toAppError(error, `make image ${name}`);
  }
}

/** What is in an image, and as whom it runs. Pure. */
export function imageSpec(name: ImageName, facts: ImageFacts): ImageSpec {
  switch (name) {
    case 'pause':
      return { ...facts, files: [program('pause', facts)], user: '65535:65535', entrypoint: ['/pause'] };
    case 'coredns':
      return {
        ...facts,
        files: [...folders, ...accounts, { ...program('coredns', facts), capabilities: mayBindLowPorts }],
        user: '65532:65532',
        entrypoint: ['/coredns'],
      };
    case 'busybox':
      return { ...facts, files: [...folders, ...accounts, ...busyboxFiles(facts)], command: ['sh'] };
    default:
      return name satisfies never;
  }
}

/**
 * CAP_NET_BIND_SERVICE (10), permitted and effective, as `vfs_cap_data` of revision 2 (linux/capability.h): CoreDNS
 * listens on port 53 without being root, as in the upstream image.
 */
const mayBindLowPorts = new Uint8Array(new Uint32Array([0x0200_0001, 1 << 10, 0, 0, 0]).buffer);

const folders: readonly TarEntry[] = [
  ...['bin', 'dev', 'etc', 'home', 'proc', 'run', 'sys', 'usr', 'usr/bin', 'var', 'www'].map(
    (path) => ({ kind: 'folder', path, mode: 0o755 }) as const,
  ),
  { kind: 'folder', path: 'root', mode: 0o700 },
  { kind: 'folder', path: 'tmp', mode: 0o1777 },
];

const accounts: readonly TarEntry[] = [
  text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532:nonroot:/home:/bin/sh\n'),
  text('etc/group', 'root:x:0:\nnonroot:x:65532:\n'),
];

function text(path: string, content: string): TarEntry {
  return { kind: 'file', path, mode: 0o644, data: Buffer.from(content) };
}

function program(path: string, { program: data }: ImageFacts): TarEntry & { kind: 'file' } {
  return { kind: 'file', path, mode: 0o755, data };
}

function busyboxFiles(facts: ImageFacts): readonly TarEntry[] {
  const applets = facts.applets.filter((applet) => /^[\w[.+-]+$/.test(applet) && applet !== 'busybox').sort();
  const links = applets.map((applet) => ({ kind: 'link', path: `bin/${applet}`, target: 'busybox' }) as const);
  return [program('bin/busybox', facts), ...links];
}

async function appletsOf(busybox: string): Promise<readonly string[]> {
  const said = await runCommand(busybox, ['--list'], { env: {}, timeoutMs: 10_000 });
  if (said.exitCode !== 0) throw new AppError('INTERNAL', `${busybox} --list: ${said.stderr.trim()}`);
  return said.stdout.split('\n').filter((line) => line !== '');
}
