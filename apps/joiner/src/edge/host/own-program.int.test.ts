import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { AppError, isAppError } from '@easycerts/core';
import { type TemporaryDirectory, temporaryDirectory } from '@easycerts/testing';
import { ownCommand, ownProgram, type RunOurselves } from './own-program.ts';

describe('another command of ours', () => {
  let folder: TemporaryDirectory;
  const stop = new AbortController();

  beforeEach(async () => {
    folder = await temporaryDirectory();
  });
  afterEach(() => folder.remove());

  const program = async (script: string, signal = new AbortController().signal): Promise<RunOurselves> => {
    const path = join(folder.path, 'easycerts');
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return ownProgram({ command: [path, 'first'], globalArguments: ['--root', '/r'], signal });
  };

  test('gets its words as they are, and gives back what it prints', async () => {
    const run = await program('printf "%s|" "$@"');
    assert.equal(await run('ca', 'init; rm x'), 'first|ca|init; rm x|--root|/r|--json|');
  });

  test('throws the error that it printed, whatever it logged before', async () => {
    const error = '{"error":{"code":"NO_SPACE","message":"disk full","details":{"cure":"make room"}}}';
    const run = await program(`echo '{"level":30}' >&2; echo '${error}' >&2; exit 1`);
    await assert.rejects(
      run('ca', 'init'),
      (thrown) => isAppError(thrown, 'NO_SPACE') && thrown.details.cure === 'make room',
    );
  });

  test('that ends without a word is told by its name', async () => {
    await assert.rejects(
      (await program('exit 3'))('ca', 'init'),
      (thrown) => isAppError(thrown, 'INTERNAL') && thrown.message.includes('ca init'),
    );
  });

  test('ends with Ctrl-C', async () => {
    const running = (await program('exec sleep 60', stop.signal))('ca', 'init');
    stop.abort(new AppError('CANCELLED', 'stopped'));
    await assert.rejects(running, (thrown) => isAppError(thrown, 'CANCELLED'));
  });

  test('is called as the configuration says', async () => {
    const file = join(folder.path, 'cluster.yaml');
    await writeFile(
      file,
      'roles: [master, node]\nmasterAddress: localhost\neasycertsCommand: [/opt/node, /opt/main]\n',
    );
    assert.deepEqual(await ownCommand(file), ['/opt/node', '/opt/main']);
  });
});
