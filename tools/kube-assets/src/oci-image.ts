/**
 * An OCI image (https://github.com/opencontainers/image-spec) of one layer as an archive that
 * `ctr images import` reads. The layer is not compressed: it stays on this machine, imports faster, and its digest does
 * not depend on a version of zlib.
 */

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type TarEntry, tarParts } from './tar.ts';

export interface ImageSpec {
  /** The whole name, e.g. `localhost/easycerts/pause:1`. */
  readonly ref: string;
  /** `amd64` or `arm64`. */
  readonly architecture: string;
  readonly files: readonly TarEntry[];
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
}

interface Blob {
  readonly digest: string;
  readonly size: number;
  readonly parts: readonly Uint8Array[];
}

const mediaType = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  index: 'application/vnd.oci.image.index.v1+json',
} as const;

/** The archive as parts to be written one after another. The same specification gives the same bytes. */
export function imageArchive(spec: ImageSpec): readonly Uint8Array[] {
  const platform = { architecture: spec.architecture, os: 'linux' };
  const layer = blobOf(tarParts(spec.files));
  const config = jsonBlob({
    ...platform,
    config: {
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin'],
      WorkingDir: '/',
      ...(spec.user === undefined ? {} : { User: spec.user }),
      ...(spec.entrypoint === undefined ? {} : { Entrypoint: spec.entrypoint }),
      ...(spec.command === undefined ? {} : { Cmd: spec.command }),
    },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
    history: [{ created_by: 'easycerts' }],
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    config: descriptor(mediaType.config, config),
    layers: [descriptor(mediaType.layer, layer)],
  });
  const annotations = {
    'io.containerd.image.name': spec.ref,
    'org.opencontainers.image.ref.name': spec.ref.slice(spec.ref.lastIndexOf(':') + 1),
  };
  const index = jsonBlob({
    schemaVersion: 2,
    mediaType: mediaType.index,
    manifests: [{ ...descriptor(mediaType.manifest, manifest), platform, annotations }],
  });
  return tarParts([
    { kind: 'file', path: 'oci-layout', mode: 0o644, data: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { kind: 'file', path: 'index.json', mode: 0o644, data: Buffer.concat(index.parts) },
    { kind: 'folder', path: 'blobs', mode: 0o755 },
    { kind: 'folder', path: 'blobs/sha256', mode: 0o755 },
    ...[manifest, config, layer].map(blobFile),
  ]);
}

/** Writes the parts to a new file. */
export async function writeParts(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w', 0o644);
  try {
    for (const part of parts) await file.writeFile(part);
  } finally {
    await file.close();
  }
}

function descriptor(type: string, blob: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType: type, digest: blob.digest, size: blob.size };
}

function jsonBlob(value: unknown): Blob {
  return blobOf([Buffer.from(JSON.stringify(value))]);
}

function blobOf(parts: readonly Uint8Array[]): Blob {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return { digest: `sha256:${hash.digest('hex')}`, size: parts.reduce((sum, part) => sum + part.length, 0), parts };
}

function blobFile(blob: Blob): TarEntry {
  const data = blob.parts.length === 1 && blob.parts[0] !== undefined ? blob.parts[0] : Buffer.concat(blob.parts);
  return { kind: 'file', path: `blobs/${blob.digest.replace(':', '/')}`, mode: 0o644, data };
}
