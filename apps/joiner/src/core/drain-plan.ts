/** Which pods have to go before a node may: as `kubectl drain` does it, but pods that nobody makes anew go, too. */

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly isEnding: boolean;
  /** Kind of the controller that owns it; undefined when nobody makes it anew. */
  readonly controller: string | undefined;
  readonly isMirror: boolean;
  readonly isFinished: boolean;
}

interface ListedPod {
  readonly metadata?: {
    readonly name?: unknown;
    readonly namespace?: unknown;
    readonly annotations?: Readonly<Record<string, unknown>>;
    readonly deletionTimestamp?: unknown;
    readonly ownerReferences?: readonly { readonly kind?: unknown; readonly controller?: unknown }[];
  };
  readonly status?: { readonly phase?: unknown };
}

/** Of a static pod: kubelet makes it, out of a file. https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-config-mirror */
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** The pods of a PodList. */
export function podsIn(body: unknown): readonly PodFacts[] {
  const items = (body as { readonly items?: unknown } | null | undefined)?.items;
  if (!Array.isArray(items)) return [];
  return items.flatMap(({ metadata, status }: ListedPod) => {
    if (typeof metadata?.name !== 'string' || typeof metadata.namespace !== 'string') return [];
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    return [
      {
        namespace: metadata.namespace,
        name: metadata.name,
        isEnding: metadata.deletionTimestamp !== undefined,
        controller: typeof owner?.kind === 'string' ? owner.kind : undefined,
        isMirror: metadata.annotations?.[mirrorAnnotation] !== undefined,
        isFinished: status?.phase === 'Succeeded' || status?.phase === 'Failed',
      },
    ];
  });
}

export interface DrainPlan {
  /** Have to be told to go. */
  readonly evict: readonly PodFacts[];
  /** Are going. */
  readonly ending: readonly PodFacts[];
}

/** A DaemonSet would bring its pods back; static pods and those that have finished go with the host. */
export function planDrain(pods: readonly PodFacts[]): DrainPlan {
  const leaving = pods.filter(
    ({ controller, isFinished, isMirror }) => !isMirror && !isFinished && controller !== 'DaemonSet',
  );
  return { evict: leaving.filter(({ isEnding }) => !isEnding), ending: leaving.filter(({ isEnding }) => isEnding) };
}

export function podName({ name, namespace }: Pick<PodFacts, 'name' | 'namespace'>): string {
  return `${namespace}/${name}`;
}
