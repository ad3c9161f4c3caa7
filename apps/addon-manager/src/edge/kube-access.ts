/**
 * With whose rights a pass works. Everyday addons are read and written as system:kube-addon-manager. The bootstrap set is only
 * looked at as system:kube-addon-manager; super-admin's key is read when something has to be written (or the other has no
 * rights yet), and forgotten at the end of the pass. An addon that is pruned has taken the right to prune it along, so there
 * super-admin helps as well.
 */

import { existsSync } from 'node:fs';
import { isAppError } from '@easycerts/core';
import type { KubeConnection, Logger } from '@easycerts/runtime';
import { connectKube } from '@easycerts/runtime';
import type { KubeObject, ObjectReference, ResourceKind } from '../core/kube-object.ts';
import type { KubeClient } from './kube-client.ts';
import { createKubeClient, fieldManager } from './kube-client.ts';

export interface KubeAccess {
  kindOf(apiVersion: string, kind: string): Promise<ResourceKind | undefined>;
  read(reference: ObjectReference): Promise<KubeObject | undefined>;
  writer(): Promise<KubeClient>;
  /** Ends what belongs to one pass. */
  endPass(): void;
  close(): void;
}

/** Reads and writes with one identity. */
export function openAccess(kubeconfig: string): KubeAccess {
  const client = createKubeClient(connect(kubeconfig));
  return {
    kindOf: (apiVersion, kind) => client.kindOf(apiVersion, kind),
    read: (reference) => client.read(reference),
    writer: () => Promise.resolve(client),
    endPass: () => undefined,
    close: () => client.close(),
  };
}

/** The identities of an access that may reach for super-admin's rights. */
export interface EscalatingIdentities {
  /** Kubeconfig of every day. */
  readonly everyday: string;
  /** Kubeconfig of super-admin. Where there is none (certificates by hand), everything is done with the other. */
  readonly escalated: string;
  /** Whether writing always needs the greater rights, or only where reading has been refused. */
  readonly writes: 'escalated' | 'as-read';
}

/** Reads as of every day while that is allowed. */
export function openEscalatingAccess(identities: EscalatingIdentities, logger: Logger): KubeAccess {
  const everyday = createKubeClient(connect(identities.everyday));
  let escalated: KubeClient | undefined;
  /** In this pass the everyday identity has been refused: asking again for every object is a waste of time. */
  let isRefused = false;

  const escalate = (): KubeClient => {
    if (escalated === undefined && existsSync(identities.escalated)) {
      logger.info({ kubeconfig: identities.escalated }, 'using the rights of super-admin');
      escalated = createKubeClient(connect(identities.escalated));
    }
    return escalated ?? everyday;
  };
  const reading = async <T>(act: (client: KubeClient) => Promise<T>): Promise<T> => {
    if (isRefused) return act(escalate());
    try {
      return await act(everyday);
    } catch (error) {
      if (!isAppError(error, 'PERMISSION_DENIED') && !isAppError(error, 'UNAUTHENTICATED')) throw error;
      isRefused = true;
      return act(escalate());
    }
  };

  return {
    kindOf: (apiVersion, kind) => reading((client) => client.kindOf(apiVersion, kind)),
    read: (reference) => reading((client) => client.read(reference)),
    writer: () => Promise.resolve(isRefused || identities.writes === 'escalated' ? escalate() : everyday),
    endPass() {
      escalated?.close();
      escalated = undefined;
      isRefused = false;
    },
    close() {
      escalated?.close();
      everyday.close();
    },
  };
}

function connect(kubeconfig: string): KubeConnection {
  return connectKube(kubeconfig, { userAgent: fieldManager });
}
