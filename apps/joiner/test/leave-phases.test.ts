/** The phases of leaving, on a node and a cluster that behave like ones. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, isAppError } from '@easycerts/core';
import type { HostState } from '../src/core/host-state.ts';
import type { PhaseReport } from '../src/core/phase-report.ts';
import type { LeaveActions } from '../src/phases/leave-context.ts';
import { leavePhases } from '../src/phases/leave-phases.ts';
import { runPhases } from '../src/phases/run-phases.ts';
import { pin } from './fake-host.ts';

const units = ['kubelet', 'kube-proxy', 'containerd'];

/** n2 of a cluster with a master: what each of them has. */
class FakeMember {
  isMasterAway = false;
  isDeleteRefused = false;
  /** Removed on the master, by `ca host remove`. */
  isUnknown = false;
  pods = ['default/web', 'default/db'];
  keptPods: string[] = [];
  hasNode = true;
  isCordoned = false;
  certificates = 5;
  isRunning = true;
  hasFiles = true;
  state: HostState = {
    name: 'n2',
    role: 'node',
    hasAuthority: false,
    tokenId: undefined,
    identity: { host: 'n2', role: 'node', notAfterMs: 0, pins: [pin] },
    enrolment: undefined,
    receivedDigest: 'd1',
    appliedDigest: 'd1',
    certificates: { names: ['host'], missing: [], failures: [], problems: [] },
    units,
    components: undefined,
    services: { 'easycerts-joiner': { isActive: true, isEnabled: true } },
    leaving: undefined,
  };

  change(changes: Partial<HostState>): void {
    this.state = { ...this.state, ...changes };
  }

  actions(): LeaveActions {
    return {
      masterProblem: async () => (this.isMasterAway ? 'its master cannot be reached' : undefined),
      cordon: async () => {
        this.#askMaster();
        this.isCordoned = true;
      },
      drainStep: async () => {
        this.#askMaster();
        const left = [...this.pods];
        // kubelet ends those that were told to go
        if (this.isRunning) this.pods = this.pods.filter((pod) => this.keptPods.includes(pod));
        return { left, kept: this.keptPods, lost: left.filter((pod) => pod === 'default/db') };
      },
      stopEverything: async () => {
        this.isRunning = false;
        this.change({ services: {} });
      },
      deleteNode: async () => {
        this.#askMaster();
        assert.ok(!this.isRunning, 'a kubelet that runs would bring its Node back');
        if (this.isDeleteRefused) throw new AppError('PERMISSION_DENIED', 'nodes "n2" is forbidden');
        this.hasNode = false;
      },
      leaveCluster: async () => {
        this.#askMaster();
        if (this.isUnknown) throw new AppError('PERMISSION_DENIED', 'no', { details: { reason: 'unknown-host' } });
        const revoked = this.certificates;
        this.certificates = 0;
        return revoked;
      },
      removeFiles: async () => {
        this.hasFiles = false;
        this.change({ identity: undefined, units: [], role: 'none' });
      },
      remember: async (done) => this.change({ leaving: done }),
      forget: async () => this.change({ leaving: undefined, tokenId: undefined }),
    };
  }

  #askMaster(): void {
    if (this.isMasterAway) throw new AppError('UNAVAILABLE', 'nobody answers');
  }
}

interface Changes {
  readonly isForced?: boolean;
  readonly onReport?: (report: PhaseReport) => void;
  readonly timeoutMs?: number;
}

async function leave(host: FakeMember, { isForced = false, onReport, timeoutMs = 10_000 }: Changes = {}) {
  const reports: PhaseReport[] = [];
  try {
    await runPhases(
      leavePhases,
      { actions: host.actions(), isForced },
      {
        command: 'joiner leave',
        look: async () => host.state,
        report: (report) => {
          reports.push(report);
          onReport?.(report);
        },
        signal: new AbortController().signal,
        timeoutMs,
        nextHint: () => ({ came: Promise.resolve(), forget: () => undefined }),
      },
    );
    return { reports, error: undefined };
  } catch (error) {
    return { reports, error };
  }
}

function assertGone(host: FakeMember): void {
  const { certificates, hasFiles, hasNode, isRunning, pods } = host;
  assert.deepEqual(
    { certificates, hasFiles, hasNode, isRunning, pods, leaving: host.state.leaving },
    { certificates: 0, hasFiles: false, hasNode: false, isRunning: false, pods: [], leaving: undefined },
  );
}

describe('joiner leave', () => {
  it('empties the node, and takes it from Kubernetes, the CA and the host, in this order', async () => {
    const host = new FakeMember();
    const { error, reports } = await leave(host);
    assert.equal(error, undefined);
    assertGone(host);
    const done = reports.filter(({ state }) => state === 'done').map(({ phase }) => phase);
    assert.deepEqual(
      done,
      leavePhases.map(({ name }) => name),
    );
    const drained = reports.find(({ phase, state }) => phase === 'drain' && state === 'done');
    assert.match(drained?.message ?? '', /nobody makes these pods anew: default\/db/);
  });

  for (const { name } of leavePhases) {
    for (const state of ['started', 'waiting', 'done'] as const) {
      it(`killed when ${name} is ${state}, and run again, ends in the same`, async () => {
        const host = new FakeMember();
        await leave(host, {
          onReport: (report) => {
            if (report.phase === name && report.state === state) throw new Error('kill -9');
          },
        });
        const again = await leave(host);
        assert.equal(again.error, undefined);
        assertGone(host);
      });
    }
  }

  it('has nothing to do on a host of no cluster', async () => {
    const host = new FakeMember();
    await leave(host);
    const { error, reports } = await leave(host);
    assert.equal(error, undefined);
    assert.ok(reports.every(({ state }) => state === 'skipped' || state === 'started'));
  });

  it('cleans a host whose join was given up before it had an identity', async () => {
    const host = new FakeMember();
    host.change({ identity: undefined, units: [], tokenId: '3f9c2b7a10de' });
    host.isMasterAway = true;
    const { error } = await leave(host);
    assert.equal(error, undefined);
    assert.deepEqual([host.isRunning, host.hasFiles, host.state.tokenId], [false, false, undefined]);
  });

  for (const [why, change] of [
    ['by its identity', { identity: { host: 'm1', role: 'master' as const, notAfterMs: 0, pins: [pin] } }],
    ['by its configuration', { role: 'master' as const }],
    ['by its CA', { hasAuthority: true }],
  ] as const) {
    for (const isForced of [false, true]) {
      it(`is refused on a master ${why}${isForced ? ', even with --force' : ''}, and changes nothing`, async () => {
        const host = new FakeMember();
        host.change(change);
        const before = JSON.stringify(host);
        const { error } = await leave(host, { isForced });
        assert.ok(isAppError(error, 'FAILED_PRECONDITION'));
        assert.equal(JSON.stringify(host), before);
      });
    }
  }

  it('is refused while the master is away, before anything is changed, with what to do', async () => {
    const host = new FakeMember();
    host.isMasterAway = true;
    const before = JSON.stringify(host);
    const { error } = await leave(host);
    assert.ok(isAppError(error, 'UNAVAILABLE'));
    assert.match(error.details.cure ?? '', /--force.*ca host remove n2.*kubectl delete node n2/);
    assert.equal(JSON.stringify(host), before);
  });

  it('does its own part with --force, and says what is left for the master', async () => {
    const host = new FakeMember();
    host.isMasterAway = true;
    const { error, reports } = await leave(host, { isForced: true });
    assert.equal(error, undefined);
    assert.deepEqual([host.isRunning, host.hasFiles, host.hasNode, host.certificates], [false, false, true, 5]);
    const passed = reports
      .filter(({ state }) => state === 'skipped')
      .map(({ message, phase }) => `${phase}: ${message}`);
    assert.equal(passed.length, 3);
    assert.match(passed.join('\n'), /kubectl delete node n2[\s\S]*ca host remove n2/);
  });

  it('waits for pods that a disruption budget keeps, and goes on when they may go', async () => {
    const host = new FakeMember();
    host.keptPods = ['default/db'];
    const late = await leave(host, { timeoutMs: 50 });
    assert.ok(isAppError(late.error, 'DEADLINE_EXCEEDED'));
    assert.match(late.error.message, /a disruption budget keeps default\/db/);
    assert.deepEqual([host.isRunning, host.certificates, host.isCordoned], [true, 5, true]);
    host.keptPods = [];
    assert.equal((await leave(host)).error, undefined);
    assertGone(host);
  });

  it('does not wait for pods with --force', async () => {
    const host = new FakeMember();
    host.keptPods = ['default/db'];
    assert.equal((await leave(host, { isForced: true })).error, undefined);
    assert.deepEqual([host.hasNode, host.certificates, host.hasFiles], [false, 0, false]);
  });

  it('stops where Kubernetes refuses, with the certificates still valid, and goes on from there', async () => {
    const host = new FakeMember();
    host.isDeleteRefused = true;
    const { error } = await leave(host);
    assert.ok(isAppError(error, 'PERMISSION_DENIED'));
    assert.deepEqual([host.certificates, host.hasFiles], [5, true]);
    host.isDeleteRefused = false;
    assert.equal((await leave(host)).error, undefined);
    assertGone(host);
  });

  it('takes it for done when the CA has removed the host already', async () => {
    const host = new FakeMember();
    host.isUnknown = true;
    assert.equal((await leave(host)).error, undefined);
    assert.equal(host.hasFiles, false);
  });
});
