/** What is known about a starting cluster becomes the lines that are shown. */

import type { ProgressLine, ProgressState } from './progress.ts';
import type { StepState, SupervisorState, SupervisorStep } from './supervisor-state.ts';

/** A component as joiner sees it. */
export interface ComponentProgress {
  readonly unit: string;
  readonly state: ProgressState;
  readonly detail?: string;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
}

export interface ProgressFacts {
  readonly supervisor: SupervisorState | undefined;
  readonly components: readonly ComponentProgress[];
  /** Absent when this cluster has no node. */
  readonly node?: {
    readonly name: string;
    /** When its kubelet was seen to be healthy. */
    readonly startedAtMs?: number;
    readonly readyAtMs?: number;
  };
}

const stepNames: Readonly<Record<SupervisorStep, string>> = {
  authorities: 'certificate authorities',
  configuration: 'configuration',
  images: 'images',
};

/** The lines, in the order in which things come up. */
export function progressLines({ supervisor, components, node }: ProgressFacts): readonly ProgressLine[] {
  const step = (name: SupervisorStep): readonly ProgressLine[] => stepLine(name, supervisor?.steps[name]);
  return [
    ...(supervisor?.steps.authorities === undefined ? waiting('authorities') : step('authorities')),
    ...(supervisor?.steps.configuration === undefined ? waiting('configuration') : step('configuration')),
    ...components.map(({ unit, ...rest }) => ({ name: unit, ...rest })),
    ...step('images'),
    ...(node === undefined ? [] : [nodeLine(node)]),
  ];
}

function waiting(name: SupervisorStep): readonly ProgressLine[] {
  return [{ name: stepNames[name], state: 'waiting' }];
}

function stepLine(name: SupervisorStep, step: StepState | undefined): readonly ProgressLine[] {
  return step === undefined ? [] : [{ name: stepNames[name], ...step }];
}

function nodeLine({ name, readyAtMs, startedAtMs }: NonNullable<ProgressFacts['node']>): ProgressLine {
  return {
    name: `node ${name}`,
    state: readyAtMs !== undefined ? 'done' : startedAtMs !== undefined ? 'working' : 'waiting',
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(readyAtMs === undefined ? {} : { endedAtMs: readyAtMs }),
  };
}
