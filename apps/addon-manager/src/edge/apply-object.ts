/** Brings one object to what its manifest says. */

import { AppError, isAppError } from '@easycerts/core';
import type { AddonSetName } from '../core/addon-mode.ts';
import { isBootstrapObject } from '../core/addon-mode.ts';
import type { ObjectDecision, SeenObject } from '../core/decide-object.ts';
import { decideObject, isSameContent } from '../core/decide-object.ts';
import type { KubeObject } from '../core/kube-object.ts';
import { describeObject } from '../core/kube-object.ts';
import type { Outcome } from '../core/pass-report.ts';
import type { WantedObject } from '../core/wanted-object.ts';
import type { KubeAccess } from './kube-access.ts';
import type { KubeClient } from './kube-client.ts';

export interface ApplyFacts {
  readonly set: AddonSetName;
  readonly wanted: WantedObject;
  readonly manifestHash: string;
  readonly seen: SeenObject | undefined;
  readonly trustsContent: boolean;
  readonly dryRun: boolean;
}

export interface Applied {
  readonly outcome: Outcome;
  readonly detail: string;
  readonly object?: KubeObject;
}

/** Looks at the object and acts. Throws what the client throws. */
export async function applyObject(access: KubeAccess, facts: ApplyFacts): Promise<Applied> {
  const { wanted, manifestHash, seen, trustsContent } = facts;
  const live = await access.read(wanted.reference);
  const { mode } = wanted.manifest;
  if (facts.set === 'addons' && mode === 'Reconcile' && live !== undefined && isBootstrapObject(live))
    throw takenByBootstrap(wanted);
  const decision = decideObject({ mode, desired: wanted.desired, manifestHash, live, seen, trustsContent });
  return carryOut(decision, live, access, facts);
}

async function carryOut(
  decision: ObjectDecision,
  live: KubeObject | undefined,
  access: KubeAccess,
  facts: ApplyFacts,
): Promise<Applied> {
  switch (decision.kind) {
    case 'none':
      return { outcome: 'unchanged', detail: '', ...(live === undefined ? {} : { object: live }) };
    case 'wait':
      return { outcome: 'waiting', detail: 'it is being deleted and will be made anew' };
    case 'create':
      return createAbsent(await access.writer(), facts);
    case 'apply':
      return applyAll(await access.writer(), live, facts, decision.reason);
    default:
      return decision satisfies never;
  }
}

async function createAbsent(client: KubeClient, { wanted, dryRun }: ApplyFacts): Promise<Applied> {
  try {
    return {
      outcome: 'created',
      detail: '',
      object: await client.create(wanted.reference, wanted.desired, { dryRun }),
    };
  } catch (error) {
    // Somebody made it between our look and our request: it exists, which is all that was asked for.
    if (isAppError(error, 'ALREADY_EXISTS')) return { outcome: 'unchanged', detail: '' };
    throw error;
  }
}

async function applyAll(
  client: KubeClient,
  live: KubeObject | undefined,
  { wanted, dryRun }: ApplyFacts,
  reason: string,
): Promise<Applied> {
  const { object, isNew } = await client.apply(wanted.reference, wanted.desired, { dryRun });
  if (isNew || live === undefined) return { outcome: 'created', detail: '', object };
  const isSame = dryRun
    ? isSameContent(live, object)
    : live.metadata.resourceVersion === object.metadata.resourceVersion;
  return isSame ? { outcome: 'unchanged', detail: '', object } : { outcome: 'corrected', detail: reason, object };
}

function takenByBootstrap({ reference, manifest }: WantedObject): AppError {
  const message = `apply ${describeObject(reference)}: it is one of the bootstrap addons`;
  return new AppError('ALREADY_EXISTS', message, {
    details: { cure: `take it out of ${manifest.source.file}`, reason: 'bootstrap' },
  });
}
