/** A cluster for tests, as far as config-renderer sees it: the register on a real bus, a coordinator, nodes that report. */

import assert from 'node:assert/strict';
import {
  type ClusterConfig,
  type NodeDocument,
  nodeDocumentOf,
  parseClusterConfig,
  parseNodeDocument,
} from '@easycerts/cluster';
import type { CloudEvent, EventType } from '@easycerts/contracts';
import { type Bus, systemClock } from '@easycerts/runtime';
import { recordingLogger, silentLogger, startTestBus, type TestBus } from '@easycerts/testing';
import { followOwnDocument, type OwnDocument } from '../src/edge/own-document.ts';
import { type RolloutCoordinator, startRolloutCoordinator } from '../src/edge/rollout-coordinator.ts';

/** A master's configuration that differs from others by the number. */
export function configWith(maxPods: number): ClusterConfig {
  return parseClusterConfig(
    `roles: [master]\nmasterAddress: 192.0.2.1\nkubelet: {extraConfig: {maxPods: ${maxPods}}}\n`,
    'cluster.yaml',
  );
}

export interface TestNode {
  readonly bus: Bus;
  /** Digests of the documents that it has fetched so far, each change once. */
  readonly seen: readonly string[];
  /** Tells that it is configured with what it has seen last. */
  configured(digest?: string): void;
  failed(): void;
}

export class ClusterOnBus {
  readonly testBus: TestBus;
  readonly master: Bus;
  readonly #closing: (() => Promise<unknown>)[] = [];

  private constructor(testBus: TestBus, master: Bus) {
    this.testBus = testBus;
    this.master = master;
  }

  static async start(): Promise<ClusterOnBus> {
    const testBus = await startTestBus();
    const master = await testBus.connect('m1', 'master', 'config-renderer');
    return new ClusterOnBus(testBus, master);
  }

  async register(name: string, given: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const bucket = await this.master.bucket('hosts');
    const record = { name, roles: ['node'], addresses: [addressOf(name)], revoked: false, ...given };
    await bucket.put(`${name}.record`, Buffer.from(JSON.stringify(record)));
  }

  async unregister(name: string): Promise<void> {
    await (await this.master.bucket('hosts')).delete(`${name}.record`);
  }

  /** The document that stands on the bus. */
  async document(name: string): Promise<NodeDocument | undefined> {
    const entry = await (await this.master.bucket('hosts')).get(`${name}.config`);
    return entry === undefined ? undefined : parseNodeDocument(Buffer.from(entry.value).toString(), name);
  }

  /** Waits until a host has the document of a configuration. */
  async given(name: string, config: ClusterConfig): Promise<void> {
    const { digest } = wantedOf(name, config);
    await until(async () => (await this.document(name))?.digest === digest, `${name} gets its document`);
  }

  async hasNot(name: string, config: ClusterConfig): Promise<void> {
    assert.notEqual((await this.document(name))?.digest, wantedOf(name, config).digest, name);
  }

  async coordinate(
    config: ClusterConfig,
    awayAfterMs = 60_000,
  ): Promise<RolloutCoordinator & { readonly logged: () => readonly string[] }> {
    const bus = await this.testBus.connect('m1', 'master', 'config-renderer');
    const { entries, logger } = recordingLogger();
    const coordinator = startRolloutCoordinator(
      { bus, events: bus.events, clock: systemClock, logger, random: Math.random },
      { awayAfterMs },
    );
    coordinator.setConfig(config);
    const close = async (): Promise<void> => {
      await coordinator.close();
      await bus.close();
    };
    this.#closing.push(close);
    return { setConfig: coordinator.setConfig, close, logged: () => entries.map(({ msg }) => msg) };
  }

  /** A node with the rights of a node: it follows its document, and says only what it is told to say. */
  async node(name: string): Promise<TestNode> {
    const bus = await this.testBus.connect(name, 'node', 'joiner');
    const seen: string[] = [];
    const look = async (): Promise<void> => {
      const fetched = await document.fetch();
      if (fetched === undefined) return;
      const { digest } = parseNodeDocument(fetched.text, name);
      if (seen.at(-1) !== digest) seen.push(digest);
      if (document.isBehind()) setTimeout(() => void look(), 20);
    };
    const document: OwnDocument = followOwnDocument({
      bus,
      host: name,
      logger: silentLogger(),
      onHint: () => setImmediate(() => void look()),
    });
    this.#closing.push(() => document.close());
    let count = 0;
    const key = (): string => {
      count += 1;
      return `${Date.now()}-${count}`;
    };
    return {
      bus,
      seen,
      configured: (digest = seen.at(-1) ?? assert.fail()) =>
        bus.events.publish({
          type: 'host.configured',
          subject: name,
          key: key(),
          data: { host: name, digest, restarted: [] },
        }),
      failed: () =>
        bus.events.publish({
          type: 'component.failed',
          subject: 'kubelet',
          key: key(),
          data: { host: name, component: 'kubelet', message: 'not healthy', lastLines: [], retryInMs: 0, attempts: 1 },
        }),
    };
  }

  /** Every event of a type so far, repetitions left out. */
  async told<T extends EventType>(type: T): Promise<readonly CloudEvent<T>[]> {
    const found: CloudEvent[] = [];
    const filter = { from: 'all', follow: false, subjects: [`easycerts.v1.cluster.${type}`] } as const;
    for await (const event of this.master.readEvents(filter)) found.push(event);
    return found as CloudEvent<T>[];
  }

  async close(): Promise<void> {
    for (const close of this.#closing.reverse()) await close();
    await this.testBus.close();
  }
}

export function wantedOf(name: string, config: ClusterConfig): NodeDocument {
  return nodeDocumentOf(config, { name, roles: ['node'], addresses: [addressOf(name)] });
}

function addressOf(name: string): string {
  return `192.0.2.1${name.slice(1)}`;
}

/** Waits for a condition; fails after 15 s. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `did not happen within 15 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
