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

/** Where somebody calls from, and where to. */
export interface CallPlace {
  /** A process whose network is used. */
  readonly pid: number;
  /** `host:port` of the CA. */
  readonly endpoint: string;
}

/** Makes the calls one after another over one connection. */
export async function callCa(
  cluster: Cluster,
  identityDirectory: string,
  calls: readonly CaCall[],
): Promise<readonly CaAnswer[]> {
  return run(inNetworkOf(cluster, callerOf(identityDirectory, 'localhost:7443')), calls);
}

/** The same, from anywhere. */
export async function callCaFrom(
  { endpoint, pid }: CallPlace,
  identityDirectory: string,
  calls: readonly CaCall[],
): Promise<readonly CaAnswer[]> {
  return run(['nsenter', '--target', String(pid), '--net', ...callerOf(identityDirectory, endpoint)], calls);
}

function callerOf(identityDirectory: string, endpoint: string): readonly string[] {
  return [process.execPath, join(import.meta.dirname, 'ca-caller.ts'), identityDirectory, endpoint];
}

async function run(words: readonly string[], calls: readonly CaCall[]): Promise<readonly CaAnswer[]> {
  return JSON.parse(await mustRun(words, { input: JSON.stringify(calls) })) as CaAnswer[];
}
