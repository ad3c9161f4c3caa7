/**
 * The kernel's bridge filter: without it Services do not reach pods on the same bridge. Most machines with containers have
 * it; where it is a module that is not loaded, it is loaded for us, and switched off for the machine's own bridges so that
 * they behave as before (each network namespace has its own switch, and new ones begin switched on).
 */

import { existsSync, writeFileSync } from 'node:fs';
import { runProgram } from './run-program.ts';

const module = 'br_netfilter';
const switches = ['bridge-nf-call-iptables', 'bridge-nf-call-ip6tables', 'bridge-nf-call-arptables'];

/** Loads it when it is missing; the modules that were loaded, to be removed in the end. */
export async function loadBridgeFilter(): Promise<readonly string[]> {
  const folder = '/proc/sys/net/bridge';
  if (existsSync(folder)) return [];
  const { exitCode } = await runProgram('modprobe', [module]).catch(() => ({ exitCode: 1 }));
  if (exitCode !== 0 || !existsSync(folder)) return [];
  for (const name of switches) if (existsSync(`${folder}/${name}`)) writeFileSync(`${folder}/${name}`, '0');
  return [module];
}
