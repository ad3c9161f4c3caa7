/** systemd units as text (systemd.unit(5), systemd.service(5), systemd.exec(5)). */

import { agentUnit } from './component-name.ts';
import type { ComponentSpec } from './component-spec.ts';

/** One service unit. Units are named without their suffix. */
export interface SystemdUnit
  extends Pick<
    ComponentSpec,
    'description' | 'argv' | 'env' | 'user' | 'group' | 'stopTimeoutMs' | 'killMode' | 'reloadSignal' | 'systemdOptions'
  > {
  /** Started after these where they are started too, and stopped before them. */
  readonly after: readonly string[];
  readonly before?: readonly string[];
  /** Whichever of it and these is started stops the other. */
  readonly conflicts?: readonly string[];
  /** More lines of the [Unit] section. */
  readonly unitOptions?: readonly string[];
  /** `notify`: the service says itself when it has started, and that it lives; children of its may say it for it. */
  readonly type: 'exec' | 'notify';
  /** How long systemd waits before it starts again what has ended. */
  readonly restartS: number;
}

/** joiner, who runs the components: it goes first when the host goes down, so that it does not take that for failures. */
export const joinerUnit = 'easycerts-joiner';

/**
 * joiner starts a component that has ended at once, then ever more slowly, at most after half a minute (docs/adr/0018). Only
 * when it is not there does systemd get to it.
 */
const componentRestartS = 60;

/** The unit of a component: started by joiner, so it has nothing to do at boot. */
export function componentUnit(spec: ComponentSpec): string {
  return unitText({
    ...spec,
    after: spec.startAfter,
    before: [joinerUnit, agentUnit],
    type: 'exec',
    restartS: componentRestartS,
  });
}

/** The text of a unit. */
export function unitText(unit: SystemdUnit): string {
  const lines = [
    '[Unit]',
    `Description=${unit.description}`,
    'After=network-online.target',
    'Wants=network-online.target',
    ...ordering('After', unit.after),
    ...ordering('Before', unit.before ?? []),
    ...ordering('Conflicts', unit.conflicts ?? []),
    ...(unit.unitOptions ?? []),
    // it retries for ever: what cannot start while a master is away comes up as soon as it can
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    `Type=${unit.type}`,
    ...(unit.type === 'notify' ? ['NotifyAccess=all'] : []),
    `ExecStart=${unit.argv.map(quoteArgument).join(' ')}`,
    ...(unit.reloadSignal === undefined ? [] : [`ExecReload=/bin/kill -s ${unit.reloadSignal.slice(3)} $MAINPID`]),
    ...Object.entries(unit.env).map(([name, value]) => `Environment=${quoteArgument(`${name}=${value}`)}`),
    `User=${unit.user}`,
    `Group=${unit.group}`,
    'Restart=always',
    `RestartSec=${unit.restartS}`,
    `TimeoutStopSec=${Math.ceil(unit.stopTimeoutMs / 1000)}`,
    `KillMode=${unit.killMode}`,
    ...unit.systemdOptions,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ];
  return `${lines.join('\n')}\n`;
}

/** An argument as systemd reads it: specifiers (%) and variables ($) mean themselves. */
export function quoteArgument(argument: string): string {
  const escaped = argument.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[\w%$@:=,./+-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function ordering(key: 'After' | 'Before' | 'Conflicts', units: readonly string[]): readonly string[] {
  return units.length === 0 ? [] : [`${key}=${units.map((unit) => `${unit}.service`).join(' ')}`];
}
