/** What callers get, and what they hear while they wait. */

import type { BinaryName, ImageName } from './groups.ts';

export interface SeedImage {
  /** The name to use in pods and in containerd's configuration. */
  readonly ref: string;
  /** OCI archive for `ctr -n k8s.io images import`. */
  readonly archive: string;
}

export interface Assets {
  /** Version of the whole set, e.g. `1.36.3-3f2a9c1b`. */
  readonly version: string;
  /** One folder with every program of the group (and perhaps more), fit to be bind-mounted read-only as a whole. */
  readonly binDir: string;
  /** The path of a program in `binDir`. Throws NOT_FOUND for one that is not in the group. */
  path(name: BinaryName): string;
  /** Folder of CNI plugins; filled only from group `node` on. */
  readonly cniBinDir: string;
  /** The archives exist only from group `node` on, and busybox' in `all`. */
  readonly images: Readonly<Record<Exclude<ImageName, 'busybox'>, SeedImage>> & { readonly busybox?: SeedImage };
  /** For LD_LIBRARY_PATH of containerd, when the machine lacks a shared library that runc needs. */
  readonly libraryPath?: string;
}

/** One step of getting the assets ready. */
export interface AssetEvent {
  /** `cached`: was there already. Every `start` is followed by `done` or `failed`. */
  readonly kind: 'start' | 'done' | 'cached' | 'failed';
  readonly name: string;
  /** Where it was found or put, what it waits for, or why it failed. */
  readonly detail?: string;
  readonly elapsedMs?: number;
  /** From 1. */
  readonly index: number;
  readonly total: number;
}

export type Report = (event: AssetEvent) => void;
