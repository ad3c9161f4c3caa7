/** What the doctor knows about a host beyond preflight. */

import type { HostState } from '../host-state.ts';
import type { NodeReadiness } from '../node-readiness.ts';

export interface DoctorFacts {
  readonly state: HostState;
  /** Our own services that are to run here. */
  readonly wantedServices: readonly string[];
  /** Whether a certmgr answers for the status that it has written. */
  readonly isCertmgrAlive: boolean;
  readonly certificates: readonly { readonly name: string; readonly notAfterMs: number }[];
  /** Undefined where no kubelet is to run. */
  readonly node: NodeReadiness | undefined;
  /** Why the bus cannot be reached; undefined when it can, or there is none to reach. */
  readonly busProblem: string | undefined;
  /** Last lines of units that do not run, by unit. */
  readonly lastLines: Readonly<Record<string, readonly string[]>>;
  readonly nowMs: number;
}
