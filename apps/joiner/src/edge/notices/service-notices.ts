/**
 * Tells services that are none of our components when a certificate of theirs has changed. They are told while they run, and
 * never started: who stopped one meant it.
 *
 *   set on disk ──differs from what it was told of──▶ reload | restart ──▶ still runs a moment later? ──▶ told
 *                                                        └─ refused: again, ever more slowly      └─ ended: said, left alone
 */

import { secondMs, toAppError } from '@easycerts/core';
import type { ServiceContext, ServiceManager } from '@easycerts/runtime';
import { retryDelayMs } from '../../core/back-off.ts';
import type { ServiceStatus } from '../../core/joiner-status.ts';
import { decideNotice, type Notice, type ServiceFacts } from '../../core/notice-plan.ts';
import { componentFailed, componentUp } from '../../events.ts';
import type { Observer } from '../observer.ts';
import type { Records } from '../records.ts';
import type { NoticeFiles } from './notice-files.ts';

export interface NoticeParts {
  readonly context: ServiceContext;
  readonly host: string;
  readonly manager: ServiceManager;
  readonly observer: Pick<Observer, 'observeSet' | 'setChangeMs'>;
  readonly records: Pick<Records, 'toldOf' | 'setTold' | 'keepServices'>;
  readonly files: NoticeFiles;
  /** Asks for the next look. */
  readonly wake: () => void;
}

/** A service as it is in hand. */
interface Service {
  notices: readonly Notice[];
  isActive: boolean;
  observed: Readonly<Record<string, string>>;
  changedAtMs: number;
  failures: number;
  retryAtMs: number;
  failure: string | undefined;
  /** What is being done to it. */
  work: Promise<void> | undefined;
  /** Until when it has to go on running, once it was told. */
  trial: (Told & { readonly untilMs: number }) | undefined;
}

interface Told {
  readonly action: 'reload' | 'restart';
  readonly certificates: readonly string[];
  readonly beganAtMs: number;
}

/** A server that cannot use what it was given ends at once, but a moment after systemd has called it started. */
const trialMs = secondMs;
const shownLines = 20;

export class ServiceNotices {
  readonly #parts: NoticeParts;
  readonly #services = new Map<string, Service>();

  constructor(parts: NoticeParts) {
    this.#parts = parts;
  }

  /** Looks at all of them, and begins what is to be done. Resolves with when to look again; undefined: no need to. */
  async look(): Promise<number | undefined> {
    if (this.#parts.manager.kind !== 'systemd') return undefined;
    const wanted = this.#parts.files.load();
    if (wanted !== undefined) this.#takeOver(wanted);
    const times = await Promise.all([...this.#services].map(([unit, service]) => this.#lookAt(unit, service)));
    return times.reduce((first, time) => (time === undefined ? first : Math.min(first ?? time, time)), undefined);
  }

  /** Where their sets lie. */
  directories(): readonly string[] {
    return [...this.#services.values()].flatMap(({ notices }) => notices.map(({ directory }) => directory));
  }

  status(): readonly ServiceStatus[] {
    return [...this.#services].map(([unit, { failure, isActive, notices }]) => ({
      unit,
      state: failure !== undefined ? ('failed' as const) : isActive ? ('running' as const) : ('not-running' as const),
      certificates: notices.map(({ certificate }) => certificate),
      ...(failure === undefined ? {} : { detail: failure }),
    }));
  }

  /** Resolves when nothing is being done any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#services.values()].map(({ work }) => work));
  }

  #takeOver(wanted: ReadonlyMap<string, readonly Notice[]>): void {
    for (const unit of this.#services.keys()) if (!wanted.has(unit)) this.#services.delete(unit);
    for (const [unit, notices] of wanted) {
      const known = this.#services.get(unit);
      if (known !== undefined) known.notices = notices;
      else this.#services.set(unit, newService(notices));
    }
    this.#parts.records.keepServices(new Set(wanted.keys()));
  }

  async #lookAt(unit: string, service: Service): Promise<number | undefined> {
    if (service.work !== undefined) return undefined;
    const nowMs = this.#nowMs();
    const facts = await this.#factsOf(unit, service, nowMs).catch((error: unknown) => {
      this.#parts.context.logger.warn({ err: error, unit }, 'service cannot be looked at');
      return undefined;
    });
    if (facts === undefined || this.#services.get(unit) !== service) return undefined;
    if (service.trial !== undefined) return this.#judge(unit, service, service.trial);
    const decision = decideNotice(facts, nowMs);
    switch (decision.kind) {
      case 'nothing':
        if (service.isActive) service.failure = undefined;
        return undefined;
      case 'later':
        return decision.atMs;
      case 'accept':
        this.#parts.records.setTold(unit, facts.observed);
        service.failure = undefined;
        return undefined;
      case 'tell':
        this.#begin(unit, service, decision);
        return undefined;
      default:
        throw new TypeError(`unknown decision ${decision satisfies never}`);
    }
  }

  async #factsOf(unit: string, service: Service, nowMs: number): Promise<ServiceFacts> {
    const { manager, observer, records } = this.#parts;
    const { notices } = service;
    const { startedAt, state } = await manager.status(unit);
    const observed = Object.fromEntries(
      notices.flatMap(({ certificate, directory }) => {
        const set = observer.observeSet(directory);
        return set === undefined ? [] : [[certificate, `${set.leaf}.${set.bundle}`]];
      }),
    );
    if (JSON.stringify(observed) !== JSON.stringify(service.observed)) service.changedAtMs = nowMs;
    service.observed = observed;
    service.isActive = state === 'active';
    return {
      notices,
      observed,
      isActive: service.isActive,
      startedAtMs: startedAt?.getTime(),
      told: records.toldOf(unit),
      changedAtMs: service.changedAtMs,
      writtenAtMs: Math.max(...notices.map(({ directory }) => observer.setChangeMs(directory))),
      retryAtMs: service.retryAtMs,
    };
  }

  #begin(unit: string, service: Service, decision: Omit<Told, 'beganAtMs'>): void {
    const { context, manager, records, wake } = this.#parts;
    const { action, certificates } = decision;
    const beganAtMs = this.#nowMs();
    // What changes from now on is news again, whether the service has read it already or not.
    const { observed } = service;
    context.logger.info({ unit, certificates }, `${action} service`);
    const tell = async (): Promise<void> => {
      await (action === 'reload' ? manager.reload(unit) : manager.restartForeign(unit));
      records.setTold(unit, observed);
      service.trial = { action, certificates, beganAtMs, untilMs: this.#nowMs() + trialMs };
    };
    service.work = tell()
      .catch((error: unknown) => this.#fail(unit, service, refusalText(action, toAppError(error, action).message)))
      .finally(() => {
        service.work = undefined;
        wake();
      });
  }

  async #judge(unit: string, service: Service, trial: NonNullable<Service['trial']>): Promise<number | undefined> {
    if (!service.isActive) {
      service.trial = undefined;
      await this.#fail(unit, service, `it ended after its ${trial.action}`);
      return undefined;
    }
    if (this.#nowMs() < trial.untilMs) return trial.untilMs;
    const { context, host } = this.#parts;
    const { action, beganAtMs, certificates } = trial;
    const at = context.clock.now();
    service.trial = undefined;
    service.failure = undefined;
    service.failures = 0;
    service.retryAtMs = 0;
    componentUp(
      { events: context.events, host },
      {
        component: unit,
        kind: action,
        reason: 'certificate-changed',
        changed: certificates.map((name) => `certificate ${name}`),
        durationMs: at.getTime() - beganAtMs,
        at,
      },
    );
    return this.#nowMs();
  }

  /** Says it once: the same failure again is no news. */
  async #fail(unit: string, service: Service, message: string): Promise<void> {
    const { context, host, manager } = this.#parts;
    const { state } = await manager.status(unit).catch(() => ({ state: 'failed' as const }));
    // One that has ended is told no more: what lies on disk counts when somebody starts it.
    const isLeftAlone = state !== 'active';
    if (isLeftAlone) this.#parts.records.setTold(unit, service.observed);
    service.failures += 1;
    const retryInMs = isLeftAlone ? 0 : retryDelayMs(service.failures + 1, context.random());
    service.retryAtMs = this.#nowMs() + retryInMs;
    if (service.failure === message) return;
    service.failure = message;
    const lastLines = await manager.lastLogLines(unit, shownLines).catch(() => []);
    const failure = { message, lastLines, retryInMs, attempts: service.failures };
    context.logger.error({ unit, ...failure }, 'service has not taken its new certificate');
    componentFailed({ events: context.events, host }, { component: unit, ...failure, at: context.clock.now() });
  }

  #nowMs(): number {
    return this.#parts.context.clock.now().getTime();
  }
}

function newService(notices: readonly Notice[]): Service {
  return {
    notices,
    isActive: false,
    observed: {},
    changedAtMs: 0,
    failures: 0,
    retryAtMs: 0,
    failure: undefined,
    work: undefined,
    trial: undefined,
  };
}

function refusalText(action: 'reload' | 'restart', message: string): string {
  return action === 'restart' ? message : `${message}; when it cannot reload, its certificate needs action: restart`;
}
