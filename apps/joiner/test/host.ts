/** A host for tests: its folders, small components that tell what happens to them, and joiner. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ComponentSpec, Paths } from '@easycerts/cluster';
import { pathsUnder } from '@easycerts/cluster';
import type { Logger } from '@easycerts/runtime';
import { createProcessServiceManager, deliverSet, loadUsers, systemClock } from '@easycerts/runtime';
import type { RecordingPublisher } from '@easycerts/testing';
import { createTestPki, recordingPublisher, silentLogger, type TestPki } from '@easycerts/testing';
import type { ComponentStatus } from '../src/core/joiner-status.ts';
import type { RunningJoiner } from '../src/start-joiner.ts';
import { startJoiner } from '../src/start-joiner.ts';
import { specOf } from './specs.ts';

export interface ShellComponent extends Partial<ComponentSpec> {
  /** Shell commands before it is healthy; may use $DIR. */
  readonly before?: string;
  /** Shell commands repeated while it runs. */
  readonly loop?: string;
}

export class TestHost {
  readonly root = mkdtempSync(join(tmpdir(), 'joiner-'));
  readonly paths: Paths = pathsUnder(this.root);
  readonly events: RecordingPublisher = recordingPublisher({ host: 'n1', service: 'joiner' }, systemClock);
  readonly #joiners: RunningJoiner[] = [];
  #pki: Promise<TestPki> | undefined;

  constructor() {
    mkdirSync(this.paths.componentSpecs, { recursive: true });
  }

  /** A file below the host's folder where components write. */
  file(name: string): string {
    return join(this.root, name);
  }

  /**
   * Writes the spec of a component that logs `start`, `reload` and `stop` to `trace`, and is healthy once it has written
   * `<unit>.ok`.
   */
  component(unit: string, { before = ':', loop = ':', ...changes }: ShellComponent = {}): ComponentSpec {
    const script = `
      rm -f $DIR/${unit}.ok
      echo "start ${unit}" >> $DIR/trace
      trap 'echo "reload ${unit}" >> $DIR/trace' HUP
      trap 'echo "stop ${unit}" >> $DIR/trace; rm -f $DIR/${unit}.ok; exit 0' TERM
      ${before}
      echo ok > $DIR/${unit}.ok
      while :; do ${loop}; sleep 0.02; done`;
    const spec = specOf(unit, {
      argv: ['/bin/sh', '-c', script],
      env: { DIR: this.root },
      health: { kind: 'file', path: this.file(`${unit}.ok`) },
      ...changes,
    });
    this.write(spec);
    return spec;
  }

  /** Writes a spec, whole. */
  write(spec: ComponentSpec): void {
    const path = this.specFile(spec.unit);
    writeFileSync(`${path}.tmp`, JSON.stringify(spec));
    renameSync(`${path}.tmp`, path);
  }

  specFile(unit: string): string {
    return join(this.paths.componentSpecs, `${unit}.json`);
  }

  /** Notes, as config-renderer does, that the files follow from a document of the master. */
  applied(digest: string, appliedAt = '2020-01-01T12:00:00.000Z'): void {
    const path = this.paths.appliedConfig;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.tmp`, JSON.stringify({ digest, appliedAt }));
    renameSync(`${path}.tmp`, path);
  }

  /** What the components told, one line each, in order. */
  trace(): readonly string[] {
    const path = this.file('trace');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  }

  count(line: string): number {
    return this.trace().filter((told) => told === line).length;
  }

  directoryOf(set: string): string {
    return join(this.paths.secrets, set);
  }

  /** Delivers a certificate set as certmgr does. `mark` stands before the certificate, where shell scripts can see it. */
  async deliver(set: string, mark = ''): Promise<void> {
    this.#pki ??= createTestPki();
    const pki = await this.#pki;
    const made = await pki.writeSet(mkdtempSync(join(this.root, 'made-')), { commonName: set });
    const read = (name: string): string => readFileSync(join(made, name), 'utf8');
    const files = { cert: `${mark}${read('tls.crt')}`, key: read('tls.key'), ca: read('ca.crt') };
    mkdirSync(this.paths.secrets, { recursive: true });
    await deliverSet({ directory: this.directoryOf(set), files, owner: 'root', group: 'root', users: loadUsers() });
  }

  async start(
    options: { readonly stopComponentsOnExit?: boolean; readonly logger?: Logger } = {},
  ): Promise<RunningJoiner> {
    const users = loadUsers();
    const { logger = silentLogger(), ...joinerOptions } = options;
    const joiner = await startJoiner(
      { clock: systemClock, logger, random: Math.random, events: this.events },
      { paths: this.paths, host: 'n1', users, manager: this.manager(), ...joinerOptions },
    );
    this.#joiners.push(joiner);
    return joiner;
  }

  manager() {
    const stateDirectory = join(this.paths.joinerState, 'units');
    return createProcessServiceManager({ stateDirectory, logDirectory: this.paths.logs, users: loadUsers() });
  }

  /** Waits until all components are healthy. */
  async ready(joiner: RunningJoiner): Promise<void> {
    await until(
      () => joiner.status().isReady,
      () => JSON.stringify(joiner.status(), null, 1),
    );
  }

  /** Stops everything that was started, and removes the folders. */
  async remove(units: readonly string[]): Promise<void> {
    await Promise.all(this.#joiners.map((joiner) => joiner.close()));
    const manager = this.manager();
    await Promise.all(units.map((unit) => manager.stop(unit)));
    await manager.close();
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The status of one component. */
export function statusOf(joiner: RunningJoiner, unit: string): ComponentStatus | undefined {
  return joiner.status().components.find((component) => component.unit === unit);
}

/** Waits for a condition; fails after 20 s with what `describe` says. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  describe: () => string = () => '',
): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited for 20 s: ${condition.toString()} ${describe()}`);
    await delay(10);
  }
}
