/** The CA's gRPC interface as a host of the cluster calls it, with whatever certificate. */

import { join } from 'node:path';
import { inNetworkOf } from './call-bus.ts';
import type { Cluster } from './cluster.ts';
import { mustRun } from './run-command.ts';

export interface SignCall {
  readonly kind: 'sign';
  readonly name: string;
  readonly csrBase64: string;
  readonly requestId: string;
  readonly requestedAtMs: number;
}

export type CaCall = { readonly kind: 'list' } | SignCall;

export type CaAnswer =
  | { readonly kind: 'answered'; readonly serial: string }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string; readonly message: string };

/** Makes the calls one after another over one connection. */
export async function callCa(
  cluster: Cluster,
  identityDirectory: string,
  calls: readonly CaCall[],
): Promise<readonly CaAnswer[]> {
  const caller = [process.execPath, join(import.meta.dirname, 'ca-caller.ts'), identityDirectory, 'localhost:7443'];
  return JSON.parse(await mustRun(inNetworkOf(cluster, caller), { input: JSON.stringify(calls) })) as CaAnswer[];
}
