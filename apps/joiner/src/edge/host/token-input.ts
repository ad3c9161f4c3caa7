/** The first line of standard input: the token. A terminal is asked only when the token is needed. */

import type { Readable } from 'node:stream';

export interface TokenInputOptions {
  readonly stream: Readable & { readonly isTTY?: boolean };
  /** Where a person is asked. */
  readonly prompt: (text: string) => void;
  readonly isNeeded: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** No token is longer; what comes after it is not read. */
const longestLine = 8_192;
/** A token that is not needed is looked at when it is there; nobody waits for it. */
const patienceMs = 500;

/** A function that reads the line once; undefined when there is none. */
export function tokenInput(options: TokenInputOptions): () => Promise<string | undefined> {
  let line: Promise<string | undefined> | undefined;
  return () => {
    line ??= readOnce(options);
    return line;
  };
}

async function readOnce({ isNeeded, prompt, signal, stream }: TokenInputOptions): Promise<string | undefined> {
  const needed = await isNeeded();
  if (stream.isTTY === true) {
    if (!needed) return undefined;
    prompt('Paste the join token, then press Enter: ');
  }
  const limit = needed ? signal : AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const text = await firstLine(stream, limit);
  signal.throwIfAborted();
  return text.trim() === '' ? undefined : text;
}

function firstLine(stream: Readable, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const end = (): void => resolve(text.split('\n')[0] ?? '');
  const take = (chunk: unknown): void => {
    text += String(chunk);
    if (text.includes('\n') || text.length > longestLine) end();
  };
  stream.on('data', take);
  stream.once('end', end);
  stream.once('close', end);
  stream.once('error', reject);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  return promise.finally(() => {
    stream.off('data', take);
    stream.pause();
  });
}
