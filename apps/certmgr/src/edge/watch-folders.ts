/** Hints that files have changed, by the kernel (inotify). Only hints: what is missed is seen at the next interval. */

import { existsSync, type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';

export class FolderWatch {
  readonly #onHint: () => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(onHint: () => void) {
    this.#onHint = onHint;
  }

  /** Watches exactly these folders from now on; for one that is not there, the nearest above it, until the next call. */
  set(wanted: ReadonlySet<string>): void {
    const folders = new Set([...wanted].map(nearestFolder));
    for (const folder of this.#watchers.keys()) {
      if (!folders.has(folder)) this.#stop(folder);
    }
    for (const folder of folders) {
      if (!this.#watchers.has(folder)) this.#start(folder);
    }
  }

  close(): void {
    for (const folder of [...this.#watchers.keys()]) this.#stop(folder);
  }

  #start(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        // The folder itself was moved or removed: what is at its path now is another one
        if (event === 'rename' && name === folder.slice(folder.lastIndexOf('/') + 1)) this.#stop(folder);
        this.#onHint();
      });
      watcher.on('error', () => this.#stop(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      // Not there yet, or no inotify watches left: the interval does without
    }
  }

  #stop(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}
