import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { AppError, isAppError } from '@easycerts/core';
import { tokenInput } from './token-input.ts';

const never = new AbortController().signal;
const reading = (stream: Readable & { isTTY?: boolean }, isNeeded = true, signal = never) => {
  const prompts: string[] = [];
  const read = tokenInput({ stream, prompt: (text) => prompts.push(text), isNeeded: async () => isNeeded, signal });
  return { read, prompts };
};

describe('the token on standard input', () => {
  for (const [name, chunks, line] of [
    ['a line', ['ect1.a.b\n'], 'ect1.a.b'],
    ['a line without an end', ['ect1.a.b'], 'ect1.a.b'],
    ['a line in pieces', ['ect1', '.a.b\n'], 'ect1.a.b'],
    ['the first of several lines', ['one\ntwo\n'], 'one'],
    ['nothing', [], undefined],
    ['an empty line', ['\n'], undefined],
  ] as const) {
    test(name, async () => {
      assert.equal(await reading(Readable.from(chunks)).read(), line);
    });
  }

  test('is read once, whoever asks', async () => {
    const { read } = reading(Readable.from(['one\n']));
    assert.deepEqual([await read(), await read()], ['one', 'one']);
  });

  test('does not wait for the end of a pipe once the line is there', async () => {
    const pipe = new PassThrough();
    pipe.write('one\n');
    assert.equal(await reading(pipe).read(), 'one');
  });

  test('is asked of a terminal only when it is needed', async () => {
    const terminal = (): PassThrough & { isTTY: boolean } => Object.assign(new PassThrough(), { isTTY: true });
    const unneeded = reading(terminal(), false);
    assert.deepEqual([await unneeded.read(), unneeded.prompts], [undefined, []]);
    const stream = terminal();
    const needed = reading(stream);
    const line = needed.read();
    stream.write('one\n');
    assert.equal(await line, 'one');
    assert.equal(needed.prompts.length, 1);
  });

  test('is not waited for on a silent pipe when it is not needed', async () => {
    assert.equal(await reading(new PassThrough(), false).read(), undefined);
  });

  test('ends with Ctrl-C', async () => {
    const stop = new AbortController();
    const line = reading(new PassThrough(), true, stop.signal).read();
    stop.abort(new AppError('CANCELLED', 'stopped'));
    await assert.rejects(line, (error) => isAppError(error, 'CANCELLED'));
  });

  test('is cut when somebody sends a file without lines', async () => {
    const line = await reading(Readable.from(Array.from({ length: 1_000 }, () => 'x'.repeat(100)))).read();
    assert.ok((line?.length ?? 0) < 10_000);
  });
});
