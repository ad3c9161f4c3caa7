/** Component specs for tests: a valid one, with changes. */

import type { ComponentSpec } from '@easycerts/cluster';

/** A valid spec of a component that does nothing. */
export function specOf(unit: string, changes: Partial<ComponentSpec> = {}): ComponentSpec {
  return {
    component: 'etcd',
    unit,
    description: `the component ${unit}`,
    argv: ['/bin/true'],
    env: {},
    user: 'root',
    group: 'root',
    startAfter: [],
    files: [],
    certificates: [],
    directories: [],
    health: { kind: 'running' },
    startTimeoutMs: 10_000,
    stopTimeoutMs: 2_000,
    killMode: 'control-group',
    systemdOptions: [],
    ...changes,
  };
}
