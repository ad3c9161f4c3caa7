/** The cluster of this suite. */

import { cluster } from '../../src/cluster.ts';

export const machine = cluster('one-machine');

/** The only node: the host name of the sandbox. */
export interface Place {
  readonly node: string;
  /** `https://10.231.0.2:6443` */
  readonly server: string;
  /** The sandbox's address. */
  readonly address: string;
}

/** What the first step found out. */
export function place(): Place {
  return machine.recall<Place>('place');
}

/** A pod of busybox that runs a command and waits. */
export function busyboxPod(name: string, image: string, command: string, extra: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image, imagePullPolicy: 'Never', command: ['/bin/sh', '-c', command] }],
      ...extra,
    },
  };
}
