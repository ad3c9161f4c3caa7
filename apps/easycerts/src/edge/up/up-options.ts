/** What `easycerts up` was asked to do. */

import type { DataDirectory } from '../data-directory.ts';

export interface UpOptions {
  readonly data: DataDirectory;
  /** A cluster.yaml to use from now on. */
  readonly configFile?: string;
  readonly isDetached: boolean;
  /** How long a detached start may take. */
  readonly timeoutMs: number;
  readonly isJson: boolean;
  readonly signal: AbortSignal;
  /** How the user calls us, and the option that names this data directory again. */
  readonly callName: string;
  readonly dataOption: string;
}
