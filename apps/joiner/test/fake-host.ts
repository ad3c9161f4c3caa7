/**
 * A host that behaves like one: our services, once started, do their work step by step whoever looks, and a command that is
 * killed changes nothing of that. What is on "disk" stays.
 */

import { agentUnit, encodeJoinToken, type JoinToken, parseJoinToken } from '@easycerts/cluster';
import type { EnrolmentStatus, HostState } from '../src/core/host-state.ts';
import type { ComponentStatus } from '../src/core/joiner-status.ts';
import type { PreflightFinding } from '../src/core/preflight/finding.ts';
import type { JoinActions } from '../src/phases/join-context.ts';

export const pin = 'ab'.repeat(32);
const at = '2020-01-01T12:00:00.000Z';

export function tokenLine(changes: Partial<JoinToken> = {}): string {
  const secret = new Uint8Array(32).fill(7);
  return encodeJoinToken({ endpoints: ['192.0.2.1:7445'], id: '3f9c2b7a10de', secret, pin, ...changes });
}

export interface FakeHostOptions {
  /** What is on standard input. */
  readonly input?: string;
  readonly role?: 'master' | 'node';
  readonly findings?: readonly PreflightFinding[];
  /** How certmgr answers instead of enrolling. */
  readonly refusal?: EnrolmentStatus;
  /** The CA takes its identity no more. */
  readonly isRemoved?: true;
  /** The step of the services that never comes. */
  readonly stuckAt?: Step;
}

/** What our services do once they run, one a look. */
const steps = ['identity', 'received', 'token-removed', 'applied', 'certificates', 'components', 'ready'] as const;
export type Step = (typeof steps)[number];

const names = ['host', 'kubelet', 'kubelet-client', 'kube-proxy-client', 'flannel-client', 'other'];
const units = ['kubelet', 'kube-proxy'];

export class FakeHost {
  input: string | undefined;
  readonly trace: string[] = [];
  readonly #options: FakeHostOptions;
  #state: HostState;
  #isReady = false;

  constructor(options: FakeHostOptions = {}) {
    this.#options = options;
    this.input = options.input;
    this.#state = {
      name: 'n1',
      role: options.role === 'master' ? 'master' : 'none',
      hasAuthority: false,
      tokenId: undefined,
      identity: undefined,
      enrolment: undefined,
      receivedDigest: undefined,
      appliedDigest: undefined,
      certificates: { names: [], missing: [], failures: [], problems: [] },
      units: [],
      components: undefined,
      services: {},
      leaving: undefined,
    };
  }

  get state(): HostState {
    return this.#state;
  }

  change(changes: Partial<HostState>): void {
    this.#state = { ...this.#state, ...changes };
  }

  /** Time passes between two looks. */
  look(): Promise<HostState> {
    this.#advance();
    return Promise.resolve(this.#state);
  }

  actions(): JoinActions {
    return {
      preflight: () => this.#did('preflight', this.#options.findings ?? []),
      checkPrograms: () => this.#did('check programs', []),
      readToken: () => Promise.resolve(this.input),
      isMember: () => Promise.resolve(this.#state.identity !== undefined && this.#options.isRemoved !== true),
      installToken: async (line) => {
        this.change({ tokenId: parseJoinToken(line).id });
        await this.#did('install token', undefined);
      },
      startServices: async (started, { replaced = [], restart = [] } = {}) => {
        const up = Object.fromEntries(started.map((unit) => [unit, { isActive: true, isEnabled: true }]));
        const down = Object.fromEntries(replaced.map((unit) => [unit, { isActive: false, isEnabled: false }]));
        this.change({ services: { ...this.#state.services, ...down, ...up } });
        const instead = replaced.length === 0 ? '' : ` instead of ${replaced.length}`;
        await this.#did(`start ${started.length}${instead}, restart ${restart.length}`, undefined);
      },
      makeAuthorities: async () => {
        if (this.#state.hasAuthority) throw new Error('there is a CA already');
        this.change({ hasAuthority: true });
        await this.#did('make authorities', undefined);
      },
      applyConfiguration: () => {
        this.change({ units, certificates: { ...this.#state.certificates, names, missing: names } });
        return this.#did('apply configuration', ['/etc/kubernetes/kubelet.yaml']);
      },
      askNode: () =>
        Promise.resolve(
          this.#isReady ? { isReady: true, isSchedulable: true } : { isReady: false, detail: 'network is not ready' },
        ),
    };
  }

  #did<T>(what: string, result: T): Promise<T> {
    this.trace.push(what);
    return Promise.resolve(result);
  }

  #advance(): void {
    const { services } = this.#state;
    if (![agentUnit, 'easycerts-certmgr'].some((unit) => services[unit]?.isActive === true)) return;
    const next = steps.find((step) => !this.#isDone(step));
    if (next === undefined || next === this.#options.stuckAt) return;
    this.#do(next);
  }

  #isDone(step: Step): boolean {
    const { appliedDigest, certificates, components, identity, receivedDigest, role, tokenId } = this.#state;
    const isMaster = role === 'master';
    switch (step) {
      case 'identity':
        return identity !== undefined || (!isMaster && tokenId === undefined);
      case 'received':
        return isMaster || identity === undefined || receivedDigest !== undefined;
      case 'token-removed':
        return tokenId === undefined;
      case 'applied':
        return isMaster || identity === undefined || appliedDigest !== undefined;
      case 'certificates':
        return certificates.missing.length === 0;
      case 'components':
        return certificates.names.length === 0 || components !== undefined;
      case 'ready':
        return components === undefined || this.#isReady;
      default:
        throw new TypeError(`unknown step ${step satisfies never}`);
    }
  }

  #do(step: Step): void {
    const { certificates, role } = this.#state;
    switch (step) {
      case 'identity':
        if (this.#options.refusal !== undefined) {
          this.change({ tokenId: undefined, enrolment: this.#options.refusal });
          return;
        }
        this.change({
          identity: { host: 'n1', role: role === 'master' ? 'master' : 'node', notAfterMs: 0, pins: [pin] },
        });
        return;
      case 'received':
        this.change({ receivedDigest: 'd1', role: 'node' });
        return;
      case 'token-removed':
        this.change({ tokenId: undefined });
        return;
      case 'applied':
        this.change({ appliedDigest: 'd1', units, certificates: { ...certificates, names, missing: names } });
        return;
      case 'certificates':
        this.change({ certificates: { ...certificates, missing: certificates.missing.slice(1) } });
        return;
      case 'components':
        this.change({
          components: { updatedAt: at, startedAt: at, isReady: true, components: units.map(healthy), problems: [] },
        });
        return;
      case 'ready':
        this.#isReady = true;
        return;
      default:
        throw new TypeError(`unknown step ${step satisfies never}`);
    }
  }
}

function healthy(unit: string): ComponentStatus {
  return {
    unit,
    description: unit,
    state: 'healthy',
    since: at,
    isHealthy: true,
    failures: 0,
    lastLines: [],
  };
}
