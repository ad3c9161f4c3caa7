/** Says when something in a directory may have changed. A hint only: who listens looks at the files on an interval too. */

import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';

export interface DirectoryWatch {
  /** Watches again when the watch was lost, or the directory was not there. Cheap to call often. */
  renew(): void;
  close(): void;
}

/** Several files change together: they are looked at once, after this time without a change. */
const settleMs = 100;

/** Calls `onChange` a moment after the last of a burst of changes below the directory. */
export function watchDirectory(directory: string, onChange: () => void): DirectoryWatch {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;

  const lose = (): void => {
    watcher?.close();
    watcher = undefined;
  };
  const renew = (): void => {
    if (watcher !== undefined) return;
    try {
      watcher = watch(directory, { recursive: true, persistent: false });
    } catch {
      return;
    }
    watcher.on('error', lose);
    watcher.on('change', (event, name) => {
      // The directory itself went away, and with it what is watched.
      if (event === 'rename' && name === null) lose();
      clearTimeout(timer);
      timer = setTimeout(onChange, settleMs);
    });
  };

  renew();
  return {
    renew,
    close() {
      clearTimeout(timer);
      lose();
    },
  };
}
