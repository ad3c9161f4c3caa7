/**
 * Gives every node its document, from a master: reads register, documents and reports, decides, carries out, and again. What it
 * knows it has read from the bus, so it may be killed at any time; two of them cannot harm, for each write names the revision
 * that it takes the place of.
 */

import {
  type ClusterConfig,
  encodeNodeDocument,
  isSameForNodes,
  type NodeDocument,
  nodeDocumentKey,
  nodeDocumentOf,
} from '@easycerts/cluster';
import { isAppError, minuteMs, secondMs } from '@easycerts/core';
import { type Bus, describeError, type KeyValueBucket, type ServiceContext } from '@easycerts/runtime';
import { hostReportSubjects, reportOn, reportSubjects, toldRollouts } from '../core/host-reports.ts';
import { type HostsBucket, sortHosts } from '../core/registered-nodes.ts';
import {
  decideRollout,
  isUnderWay,
  newsId,
  type RolloutDecision,
  type RolloutHost,
  type WrittenDocument,
} from '../core/rollout.ts';
import { tellRollout } from '../events.ts';
import { startLooking } from './looking.ts';

export interface RolloutCoordinator {
  /** What the nodes' documents are made of from now on. */
  setConfig(config: ClusterConfig): void;
  close(): Promise<void>;
}

export interface RolloutOptions {
  /** How long a host may say nothing before the others are given their documents. */
  readonly awayAfterMs: number;
}

interface CoordinatorContext extends ServiceContext {
  readonly bus: Bus;
}

const intervalMs = minuteMs;
const retryMs = 2 * secondMs;
/** Many hosts that join at once cost few looks. */
const settleMs = 100;

/** Works until it is closed; idle until it has a configuration and the bus. */
export function startRolloutCoordinator(context: CoordinatorContext, options: RolloutOptions): RolloutCoordinator {
  const { bus, clock, events, logger } = context;
  const told = new Set<string>();
  let bucket: KeyValueBucket | undefined;
  let config: ClusterConfig | undefined;
  let isClosed = false;
  const stops: (() => unknown)[] = [];

  const look = async (): Promise<number> => {
    if (config === undefined || bucket === undefined || !bus.isConnected()) return intervalMs;
    try {
      return await giveDocuments(bucket, config);
    } catch (error) {
      // Somebody was faster, or the bus is away: what is true now is read at the next look.
      logger.debug({ error: describeError(error) }, 'the documents of the nodes could not be looked at');
      return isAppError(error, 'CONFLICT') ? settleMs : retryMs;
    }
  };

  const giveDocuments = async (from: KeyValueBucket, given: ClusterConfig): Promise<number> => {
    const register = sortHosts(await from.entries());
    for (const key of register.damaged) logger.error({ key }, 'a record of the register is damaged');
    const documents = new Map(register.nodes.map((node) => [node.name, nodeDocumentOf(given, node)]));
    const decision = decideRollout({
      hosts: await rolloutHosts(register, documents),
      now: clock.now(),
      awayAfterMs: options.awayAfterMs,
      told,
    });
    await carryOut(from, decision, documents);
    for (const host of register.gone) {
      await from.delete(nodeDocumentKey(host), register.documents.get(host)?.revision);
      logger.info({ host }, 'removed the document of a host that is gone');
    }
    for (const news of decision.news) {
      told.add(newsId(news));
      tellRollout(events, news);
      logger[news.type === 'rollout.paused' ? 'warn' : 'info'](news, news.type);
    }
    if (decision.next !== undefined) return 0;
    const waitMs = (decision.lookAgainAtMs ?? Number.POSITIVE_INFINITY) - clock.now().getTime();
    return Math.min(intervalMs, Math.max(0, waitMs));
  };

  const rolloutHosts = async (
    { nodes, documents }: HostsBucket,
    wanted: ReadonlyMap<string, NodeDocument>,
  ): Promise<readonly RolloutHost[]> => {
    const isCalm = nodes.every(({ name }) => isCalmly(documents.get(name), wanted.get(name), told));
    const reported = isCalm ? [] : await bus.lastEvents(reportSubjects);
    for (const id of toldRollouts(reported)) told.add(id);
    return nodes.map(({ name: host }) => {
      const document = documents.get(host);
      const report = document === undefined ? undefined : reportOn(document, host, reported);
      return {
        host,
        wanted: wanted.get(host)?.digest ?? '',
        ...(document === undefined ? {} : { document }),
        ...(report === undefined ? {} : { report }),
      };
    });
  };

  const carryOut = async (
    to: KeyValueBucket,
    { first, next }: RolloutDecision,
    documents: ReadonlyMap<string, NodeDocument>,
  ): Promise<void> => {
    for (const host of first) {
      const document = documents.get(host);
      if (document !== undefined) await to.create(nodeDocumentKey(host), encodeValue(document));
    }
    if (first.length > 0) logger.info({ hosts: first }, 'wrote the first documents of hosts');
    const document = next === undefined ? undefined : documents.get(next.host);
    if (next === undefined || document === undefined) return;
    const { host, revision, rollout } = next;
    await to.update(nodeDocumentKey(host), encodeValue(document, rollout), revision);
    logger.info({ host, digest: document.digest, rollout }, 'wrote the changed document of a host');
  };

  const looking = startLooking(look, settleMs);
  const soon = (): void => looking.soon();
  const open = async (): Promise<void> => {
    if (bucket === undefined) {
      bucket = await bus.bucket('hosts');
      const stop = await bucket.watch(soon);
      stops.push(stop);
      if (isClosed) await stop();
    }
    soon();
  };
  stops.push(
    bus.onConnected(() => {
      open().catch((error: unknown) => logger.warn({ error: describeError(error) }, 'the register cannot be followed'));
    }),
    bus.onEvent(hostReportSubjects, soon),
  );
  return {
    setConfig: (value) => {
      if (config !== undefined && isSameForNodes(config, value)) return;
      config = value;
      soon();
    },
    async close() {
      isClosed = true;
      await Promise.all(stops.map((stop) => stop()));
      await looking.close();
    },
  };
}

/** Whether nothing that a host says could matter now: no document is about to change, and no rollout is under way. */
function isCalmly(
  document: WrittenDocument | undefined,
  wanted: NodeDocument | undefined,
  told: ReadonlySet<string>,
): boolean {
  return document === undefined || (document.digest === wanted?.digest && !isUnderWay(document, told));
}

function encodeValue(document: NodeDocument, rollout?: string): Uint8Array {
  return Buffer.from(encodeNodeDocument(document, rollout === undefined ? {} : { rollout }));
}
