/** Names of everything that one developer cluster owns on the machine, all from the place of its data directory. */

import { createHash } from 'node:crypto';

/** What a cluster is called where names are shared with the rest of the machine. */
export interface Instance {
  /** Six hexadecimal digits, the same for the same data directory. */
  readonly id: string;
  /** Network interface on the machine's side (at most 15 characters). */
  readonly interfaceName: string;
  /** Name of its control group in every hierarchy. */
  readonly cgroupName: string;
  /** What the interface's alias says, so that ours is told from somebody else's. */
  readonly interfaceAlias: string;
}

/** Host name inside the sandbox, and so the name of the Node object. */
export const sandboxHostName = 'easycerts';

/** The names that belong to a data directory (absolute, without symbolic links). */
export function instanceOf(dataDirectory: string): Instance {
  const id = createHash('sha256').update(dataDirectory).digest('hex').slice(0, 6);
  return {
    id,
    interfaceName: `ec-${id}`,
    cgroupName: `easycerts-${id}`,
    // The kernel allows 255 characters; the id alone already tells ours apart.
    interfaceAlias: `easycerts ${id} ${dataDirectory}`.slice(0, 200),
  };
}
