/** Tells when something may have changed in folders: a hint only, for file systems and kernels lose some. */

import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';

export class FileHints {
  readonly #onHint: () => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(onHint: () => void) {
    this.#onHint = onHint;
  }

  /** Watches exactly these folders from now on. One that is not there yet is tried again at the next call. */
  watch(directories: ReadonlySet<string>): void {
    for (const [directory, watcher] of this.#watchers) {
      if (directories.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of directories) {
      if (!this.#watchers.has(directory)) this.#open(directory);
    }
  }

  close(): void {
    this.watch(new Set());
  }

  #open(directory: string): void {
    try {
      const watcher = watch(directory, () => this.#onHint());
      // The folder was removed, or the kernel has no more watches: the interval still looks.
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(directory);
      });
      this.#watchers.set(directory, watcher);
    } catch {
      // Not there yet.
    }
  }
}
