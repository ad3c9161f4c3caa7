/** Waits for the next change in folders: what makes looking again and again cheap and quick at once. */

import { watch as watchFolder } from 'node:fs';

export interface Hint {
  /** Resolves when something has changed since, at the latest when the time is over or the signal is aborted. */
  readonly came: Promise<void>;
  /** Lets go of the folders; `came` need not be waited for. */
  forget(): void;
}

/** Watches from now on, so that nothing that changes during a look is missed: look after calling this, then wait. */
export function nextHint(folders: readonly string[], limitMs: number, signal: AbortSignal): Hint {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  const wake = (): void => resolve();
  signal.addEventListener('abort', wake, { once: true });
  const watchers = folders.flatMap((folder) => {
    try {
      const watcher = watchFolder(folder, wake);
      watcher.on('error', () => undefined);
      return [watcher];
    } catch {
      // Not there yet, or no inotify watches left: the time limit does without
      return [];
    }
  });
  return {
    came: promise,
    forget: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      for (const watcher of watchers) watcher.close();
    },
  };
}
