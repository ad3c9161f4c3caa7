/** Asks the API server, as cluster-admin, whether a node is Ready. */

import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';

export interface NodeQuestion {
  /** Folder with the certificate set of cluster-admin. */
  readonly identityDirectory: string;
  /** `https://10.231.0.2:6443` */
  readonly server: string;
  readonly node: string;
  /** The boot that must have reported it: what an earlier one said stays in the API for a while. */
  readonly bootId?: string;
}

const answerTimeoutMs = 2_000;

/** False while it is not, and while nobody answers. */
export async function isNodeReady({ bootId, identityDirectory, node, server }: NodeQuestion): Promise<boolean> {
  try {
    const [ca, cert, key] = ['ca.crt', 'tls.crt', 'tls.key'].map((name) => readFileSync(join(identityDirectory, name)));
    const text = await get(`${server}/api/v1/nodes/${node}`, { ca, cert, key });
    return readyStatusOf(JSON.parse(text), bootId);
  } catch {
    return false;
  }
}

/** Whether a Node object has the condition Ready, reported by the boot given (by any when none is). */
export function readyStatusOf(node: unknown, bootId?: string): boolean {
  const { conditions, nodeInfo } =
    (node as { status?: { conditions?: unknown; nodeInfo?: unknown } } | null)?.status ?? {};
  if (bootId !== undefined && (nodeInfo as { bootID?: unknown } | undefined)?.bootID !== bootId) return false;
  if (!Array.isArray(conditions)) return false;
  return conditions.some((one: { type?: unknown; status?: unknown }) => one.type === 'Ready' && one.status === 'True');
}

interface Credentials {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

function get(url: string, credentials: Credentials): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ...credentials, agent: false, timeout: answerTimeoutMs }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve(Buffer.concat(chunks).toString()));
      answer.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
    asked.end();
  });
}
