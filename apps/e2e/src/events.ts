/** The events of a cluster, as `easycerts events` prints them. */

import type { Cluster } from './cluster.ts';

export interface PrintedEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Everything stored so far; with `--audit` only what was refused. */
export async function storedEvents(
  cluster: Pick<Cluster, 'exec'>,
  ...words: readonly string[]
): Promise<readonly PrintedEvent[]> {
  const { code, stdout, stderr } = await cluster.exec(['easycerts', 'events', '--no-follow', ...words, '--json']);
  if (code !== 0) throw new Error(`easycerts events: ${stderr}`);
  return parseLines(stdout);
}

/** The events in what `easycerts events --json` has printed; its last line may still be coming. */
export function parseLines(text: string): readonly PrintedEvent[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return whole.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as PrintedEvent);
}
