/** `certmgr.yaml`, the configuration of cloudflare's certmgr, and what the command line says instead. */

import { AppError, hourMs, minuteMs } from '@easycerts/core';
import { z } from 'zod';
import type { SpecFileProblem } from '../spec-schema.ts';
import { type ServiceManagerName, type SpecDefaults, serviceManagers } from './cfssl-spec.ts';
import { readDocument } from './read-document.ts';
import { duration, optional } from './spec-fields.ts';
import { problemsOfIssue, serviceManager } from './spec-file-schema.ts';

export interface CertmgrConfig {
  /** A folder of specs, or one spec. */
  readonly dir: string;
  readonly defaults: SpecDefaults;
  /** Absent: no metrics. */
  readonly metrics?: { readonly address: string; readonly port: number };
}

/** As on the command line; texts as given. */
export interface ConfigOptions {
  readonly dir?: string;
  readonly svcmgr?: string;
  readonly before?: string;
  readonly interval?: string;
  readonly intervalSplay?: string;
  readonly initialSplay?: string;
}

const port = z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.int().min(0).max(65_535));

/** viper knows keys in any case; NixOS writes `metricsPort` and `metricsAddress`, which certmgr does not know. */
const schema = z.strictObject({
  dir: optional(z.string()),
  certspecs: optional(z.string()),
  default_remote: optional(z.string()),
  remote: optional(z.string()),
  svcmgr: optional(serviceManager),
  service_manager: optional(serviceManager),
  before: optional(duration),
  interval: optional(duration),
  interval_splay: optional(duration),
  initial_splay: optional(duration),
  take_actions_only_if_running: optional(z.boolean()),
  metrics_address: optional(z.string()),
  metrics_port: optional(port),
  metricsaddress: optional(z.string()),
  metricsport: optional(port),
  'log.json': optional(z.boolean()),
  'log.level': optional(z.string()),
});

const commandLine = z.strictObject({
  dir: z.string().optional(),
  svcmgr: serviceManager.optional(),
  before: duration.optional(),
  interval: duration.optional(),
  intervalSplay: duration.optional(),
  initialSplay: duration.optional(),
});

/** Text of the file, when there is one, under the options of the command line. AppError INVALID_CONFIG with every problem. */
export function resolveCertmgrConfig(
  file: { readonly path: string; readonly text: string } | undefined,
  options: ConfigOptions,
): CertmgrConfig {
  const given = file === undefined ? schema.parse({}) : configOf(file);
  const parsed = commandLine.safeParse(options);
  if (!parsed.success) throw configError('command line', parsed.error.issues.flatMap(problemsOfIssue));
  const told = parsed.data;
  const dir = told.dir ?? given.dir ?? given.certspecs ?? '';
  if (dir === '') throw configError(file?.path ?? 'command line', [{ path: 'dir', message: 'is missing' }]);
  const address = given.metrics_address ?? given.metricsaddress ?? '';
  const metricsPort = given.metrics_port ?? given.metricsport;
  const remote = given.default_remote ?? given.remote ?? '';
  return {
    dir,
    defaults: {
      ...(remote === '' ? {} : { remote }),
      serviceManager: managerOf(told.svcmgr ?? given.svcmgr ?? given.service_manager ?? ''),
      onlyIfRunning: given.take_actions_only_if_running ?? false,
      beforeMs: told.before ?? given.before ?? 72 * hourMs,
      intervalMs: told.interval ?? given.interval ?? hourMs,
      intervalSplayMs: told.intervalSplay ?? given.interval_splay ?? 0,
      initialSplayMs: told.initialSplay ?? given.initial_splay ?? 0,
    },
    ...(address === '' || metricsPort === undefined ? {} : { metrics: { address, port: metricsPort } }),
  };
}

/** What `certmgr genconfig` writes. */
export function defaultConfigText({ dir, svcmgr, before, interval }: ConfigOptions): string {
  return [
    `dir: ${JSON.stringify(dir ?? '/etc/certmgr.d')}`,
    `svcmgr: ${JSON.stringify(svcmgr ?? 'systemd')}`,
    `before: ${JSON.stringify(before ?? '72h')}`,
    `interval: ${JSON.stringify(interval ?? '1h')}`,
    'metrics_address: localhost',
    'metrics_port: "8080"',
    '',
  ].join('\n');
}

/** How often everything is looked at without any hint: files only, the CA is asked at the specs' own intervals. */
export const longestLookMs = 5 * minuteMs;

function configOf({ path, text }: { readonly path: string; readonly text: string }): z.output<typeof schema> {
  const document = readDocument(text, 'yaml', []);
  if (document.kind === 'problems') throw configError(path, document.problems);
  const parsed = schema.safeParse(flattened(document.value ?? {}));
  if (!parsed.success) throw configError(path, parsed.error.issues.flatMap(problemsOfIssue));
  return parsed.data;
}

/** viper reads `log: {json: true}` and `log.json: true` alike. */
function flattened(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).flatMap(([key, member]) =>
    key.toLowerCase() === 'log' && typeof member === 'object' && member !== null
      ? Object.entries(member).map(([below, one]) => [`log.${below.toLowerCase()}`, one] as const)
      : [[key.toLowerCase(), member] as const],
  );
  return Object.fromEntries(entries);
}

function managerOf(name: z.output<typeof serviceManager>): ServiceManagerName {
  const known = serviceManagers.find((one) => one === (name === '' ? 'dummy' : name));
  if (known !== undefined) return known;
  const message = 'circus is not supported: use "command" with `circusctl reload <watcher>` as the action of a spec';
  throw configError('svcmgr', [{ path: '', message }]);
}

function configError(source: string, problems: readonly SpecFileProblem[]): AppError {
  const listed = problems.map(({ path, message }) => ({ path: path === '' ? source : `${source}: ${path}`, message }));
  return new AppError('INVALID_CONFIG', `certmgr configuration: ${problems.length} problems`, {
    details: { problems: listed, cure: 'see docs/certmgr-specs.md for every field' },
  });
}
