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
export async function storedEvents(cluster: Cluster, ...words: readonly string[]): Promise<readonly PrintedEvent[]> {
  const { code, stdout, stderr } = await cluster.exec(['easycerts', 'events', '--no-follow', ...words, '--json']);
  if (code !== 0) throw new Error(`easycerts events: ${stderr}`);
  const lines = stdout.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => JSON.parse(line) as PrintedEvent);
}
