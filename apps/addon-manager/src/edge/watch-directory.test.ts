import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { TemporaryDirectory } from '@easycerts/testing';
import { temporaryDirectory } from '@easycerts/testing';
import { watchDirectory } from './watch-directory.ts';

describe('watchDirectory', { timeout: 20_000 }, () => {
  let folder: TemporaryDirectory;
  let hints: EventTarget;
  beforeEach(async () => {
    folder = await temporaryDirectory();
    hints = new EventTarget();
  });
  afterEach(() => folder.remove());
  const hint = (): void => void hints.dispatchEvent(new Event('hint'));

  test('says that a file was written, renamed into place, or removed', async () => {
    const watch = watchDirectory(folder.path, hint);
    const path = join(folder.path, 'a.yaml');
    for (const change of [() => writeFile(`${path}.tmp`, 'x'), () => rename(`${path}.tmp`, path), () => rm(path)]) {
      const next = once(hints, 'hint');
      await change();
      await next;
    }
    watch.close();
  });

  test('a directory that is not there yet is watched when it is', async () => {
    const path = join(folder.path, 'later');
    const watch = watchDirectory(path, hint);
    await mkdir(path);
    watch.renew();
    const next = once(hints, 'hint');
    await writeFile(join(path, 'a.yaml'), 'x');
    await next;
    watch.close();
  });

  test('says nothing after it was closed', async () => {
    const watch = watchDirectory(folder.path, () => assert.fail('a hint after the end'));
    await writeFile(join(folder.path, 'a.yaml'), 'x');
    watch.close();
    watch.close();
  });
});
