/** Hardened systemd units as text (systemd.service(5), systemd.exec(5)). */

import type { ComponentSpec, Paths, RenderedFile } from '@easycerts/cluster';
import { generatedNotice, textFile } from './yaml-file.ts';

/** One unit a component. */
export function systemdUnits(components: readonly ComponentSpec[], paths: Paths): readonly RenderedFile[] {
  return components.map((component) =>
    textFile(
      { path: `${paths.systemdUnits}/${component.unit}.service`, owner: 'root', mode: 0o644 },
      unitText(component),
    ),
  );
}

/** The text of a component's unit. */
export function unitText(spec: ComponentSpec): string {
  const after = spec.startAfter.map((unit) => `${unit}.service`).join(' ');
  const lines = [
    '[Unit]',
    `Description=${spec.description}`,
    'After=network-online.target',
    'Wants=network-online.target',
    ...(after === '' ? [] : [`After=${after}`]),
    // it retries for ever: a component whose master is away comes up as soon as it can
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${spec.argv.map(quoteArgument).join(' ')}`,
    ...(spec.reloadSignal === undefined ? [] : [`ExecReload=/bin/kill -s ${spec.reloadSignal.slice(3)} $MAINPID`]),
    ...Object.entries(spec.env).map(([name, value]) => `Environment=${quoteArgument(`${name}=${value}`)}`),
    `User=${spec.user}`,
    `Group=${spec.group}`,
    'Restart=always',
    'RestartSec=1',
    `TimeoutStopSec=${Math.ceil(spec.stopTimeoutMs / 1000)}`,
    `KillMode=${spec.killMode}`,
    ...spec.systemdOptions,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ];
  return `${generatedNotice}${lines.join('\n')}\n`;
}

/** An argument as systemd reads it: specifiers (%) and variables ($) mean themselves. */
export function quoteArgument(argument: string): string {
  const escaped = argument.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[\w%$@:=,./+-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
