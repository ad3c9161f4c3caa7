/** The phases of joining and of making a master, on a host that behaves like one. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, isAppError } from '@easycerts/core';
import type { PhaseReport } from '../src/core/phase-report.ts';
import type { PreflightFinding } from '../src/core/preflight/finding.ts';
import { initPhases } from '../src/phases/init-phases.ts';
import type { JoinPhase } from '../src/phases/join-context.ts';
import { joinPhases } from '../src/phases/join-phases.ts';
import { runPhases } from '../src/phases/run-phases.ts';
import { FakeHost, type FakeHostOptions, pin, tokenLine } from './fake-host.ts';

interface Run {
  readonly reports: readonly PhaseReport[];
  readonly error: unknown;
  readonly hasActed: boolean | undefined;
}

interface RunChanges {
  readonly phases?: readonly JoinPhase[];
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly ignoredChecks?: readonly string[];
  /** Throws where the process is to be killed. */
  readonly onReport?: (report: PhaseReport) => void;
}

async function run(host: FakeHost, changes: RunChanges = {}): Promise<Run> {
  const reports: PhaseReport[] = [];
  const { ignoredChecks = [], onReport, phases = joinPhases, signal, timeoutMs = 10_000 } = changes;
  try {
    const hasActed = await runPhases(
      phases,
      { actions: host.actions(), ignoredChecks },
      {
        command: 'joiner join',
        look: () => host.look(),
        report: (report) => {
          reports.push(report);
          onReport?.(report);
        },
        signal: signal ?? new AbortController().signal,
        timeoutMs,
        nextHint: () => ({ came: Promise.resolve(), forget: () => undefined }),
      },
    );
    return { reports, error: undefined, hasActed };
  } catch (error) {
    return { reports, error, hasActed: undefined };
  }
}

const statesOf = ({ reports }: Run): readonly string[] =>
  reports
    .filter(({ state }) => state !== 'waiting' && state !== 'started')
    .map(({ phase, state }) => `${phase} ${state}`);

const codeOf = ({ error }: Run): string | undefined => (isAppError(error) ? error.code : undefined);
const cureOf = ({ error }: Run): string => (isAppError(error) ? (error.details.cure ?? '') : '');

const joining: FakeHostOptions = { input: tokenLine() };

describe('the phases of joiner join', () => {
  it('lead from a token to a node that is Ready, each told when it begins and when it is done', async () => {
    const host = new FakeHost(joining);
    const outcome = await run(host);
    assert.equal(outcome.error, undefined);
    assert.deepEqual(
      statesOf(outcome),
      joinPhases.map(({ name }) => `${name} done`),
    );
    for (const { name } of joinPhases) {
      const states = outcome.reports.filter(({ phase }) => phase === name).map(({ state }) => state);
      assert.equal(states[0], 'started');
      assert.equal(states.at(-1), 'done');
    }
    assert.deepEqual(host.trace, ['preflight', 'install token', 'start 1, restart 1', 'check programs']);
    assert.equal(host.state.tokenId, undefined);
  });

  it('say what they wait for, each thing once', async () => {
    const { reports } = await run(new FakeHost(joining));
    const waits = reports
      .filter(({ state }) => state === 'waiting')
      .map(({ phase, message }) => `${phase}: ${message}`);
    assert.deepEqual([...new Set(waits)], waits);
    assert.ok(waits.includes('certificates: other (5 of 6 are there)'), waits.join('\n'));
  });

  it('find nothing left to do on a node that is Ready, and need no token for that', async () => {
    const host = new FakeHost(joining);
    await run(host);
    host.input = undefined;
    const before = host.trace.length;
    const outcome = await run(host);
    assert.equal(outcome.error, undefined);
    assert.deepEqual(
      statesOf(outcome),
      joinPhases.map(({ name }) => `${name} ${['components', 'ready'].includes(name) ? 'done' : 'skipped'}`),
    );
    assert.equal(host.trace.length, before);
  });

  it('put the agent in the place of the services that an earlier version has had started', async () => {
    const host = new FakeHost(joining);
    await run(host);
    const up = { isActive: true, isEnabled: true };
    const { services } = host.state;
    host.change({
      services: {
        ...services,
        'easycerts-agent': { isActive: false, isEnabled: false },
        'easycerts-certmgr': up,
        'easycerts-joiner': up,
      },
    });
    host.trace.length = 0;
    assert.equal((await run(host)).error, undefined);
    assert.deepEqual(host.trace, ['start 1 instead of 2, restart 0']);
    assert.deepEqual(host.state.services['easycerts-certmgr'], { isActive: false, isEnabled: false });
    host.trace.length = 0;
    await run(host);
    assert.deepEqual(host.trace, []);
  });

  it('never tell the secret of the token', async () => {
    const { reports } = await run(new FakeHost(joining));
    const told = JSON.stringify(reports);
    assert.ok(!told.includes(tokenLine().split('.')[1] ?? '-'));
    assert.ok(!told.includes(Buffer.from(new Uint8Array(32).fill(7)).toString('base64url')));
  });
});

for (const [command, phases, options] of [
  ['join', joinPhases, joining],
  ['init', initPhases, { role: 'master' }],
] as const) {
  describe(`joiner ${command}, killed and run again, ends Ready`, () => {
    for (const { name } of phases) {
      for (const state of ['started', 'waiting', 'done', 'skipped'] as const) {
        it(`killed when ${name} is ${state}`, async () => {
          const host = new FakeHost(options);
          let wasKilled = false;
          const killed = await run(host, {
            phases,
            onReport: (report) => {
              if (report.phase !== name || report.state !== state) return;
              wasKilled = true;
              throw new Error('kill -9');
            },
          });
          if (!wasKilled) return assert.equal(killed.error, undefined);
          const again = await run(host, { phases });
          assert.equal(again.error, undefined);
          assert.equal(statesOf(again).at(-1), 'ready done');
          assert.equal(host.state.tokenId, undefined);
          // a CA that is made twice, or a second host out of one token, would be a catastrophe
          assert.ok(host.trace.filter((what) => what === 'make authorities').length <= 1);
        });
      }
    }

    it('even when it is killed in every phase in turn', async () => {
      const host = new FakeHost(options);
      for (const { name } of phases) {
        await run(host, {
          phases,
          onReport: (report) => {
            if (report.phase === name && report.state === 'started') throw new Error('kill -9');
          },
        });
      }
      const last = await run(host, { phases });
      assert.equal(last.error, undefined);
    });
  });
}

describe('joiner init', () => {
  it('makes the CA once, and leaves it alone afterwards', async () => {
    const host = new FakeHost({ role: 'master' });
    await run(host, { phases: initPhases });
    const again = await run(host, { phases: initPhases });
    assert.equal(again.error, undefined);
    assert.equal(host.trace.filter((what) => what === 'make authorities').length, 1);
    assert.ok(statesOf(again).includes('authorities skipped'));
  });
});

describe('a token', () => {
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ['that is not there', undefined, 'INVALID_INPUT'],
    ['that was cut', tokenLine().slice(0, -3), 'INVALID_INPUT'],
    ['that is something else', 'password', 'INVALID_INPUT'],
  ];
  for (const [name, input, code] of cases) {
    it(`${name} is told before anything is done`, async () => {
      const host = new FakeHost(input === undefined ? {} : { input });
      const outcome = await run(host);
      assert.equal(codeOf(outcome), code);
      assert.deepEqual(host.trace, []);
      assert.match(cureOf(outcome), /ca token create/);
    });
  }

  it('of another cluster is refused on a host that has joined one, and nothing is changed', async () => {
    const host = new FakeHost(joining);
    await run(host);
    const before = [...host.trace];
    host.input = tokenLine({ pin: 'cd'.repeat(32) });
    const outcome = await run(host);
    assert.equal(codeOf(outcome), 'FAILED_PRECONDITION');
    assert.match(cureOf(outcome), /joiner leave/);
    assert.deepEqual(host.trace, before);
  });

  it('of the same cluster is not needed where the CA takes the identity, and nothing is done with it', async () => {
    const host = new FakeHost(joining);
    assert.equal((await run(host)).hasActed, true);
    const before = [...host.trace];
    const outcome = await run(host);
    assert.equal(outcome.error, undefined);
    assert.equal(outcome.hasActed, false);
    assert.ok(statesOf(outcome).includes('install-token skipped'));
    assert.deepEqual(host.trace, before);
  });

  it('of the same cluster is kept for certmgr where the CA takes the identity no more', async () => {
    const host = new FakeHost({ ...joining, isRemoved: true });
    await run(host);
    const outcome = await run(host);
    assert.equal(outcome.error, undefined);
    assert.equal(host.trace.filter((what) => what === 'install token').length, 2);
    assert.equal(host.state.tokenId, undefined);
  });

  it('makes no node of a master', async () => {
    for (const change of [
      { role: 'master' as const },
      { identity: { host: 'm1', role: 'master' as const, notAfterMs: 0, pins: [pin] } },
    ]) {
      const host = new FakeHost(joining);
      host.change(change);
      const outcome = await run(host);
      assert.equal(codeOf(outcome), 'FAILED_PRECONDITION');
      assert.match(cureOf(outcome), /joiner init/);
      assert.deepEqual(host.trace, []);
    }
  });

  it('does not bring a host back that is leaving', async () => {
    const host = new FakeHost(joining);
    host.change({ leaving: ['drain'] });
    assert.equal(codeOf(await run(host)), 'FAILED_PRECONDITION');
    assert.deepEqual(host.trace, []);
  });

  it('that a certmgr has refused that was restarted since ends with its reason, too', async () => {
    const refusal = { state: 'refused', tokenId: '3f9c2b7a10de', isOld: true, reason: 'token-used' } as const;
    const outcome = await run(new FakeHost({ ...joining, refusal }));
    assert.equal((outcome.error as AppError).details.reason, 'token-used');
  });

  it('is traded whatever was said of another one, or of the same in an earlier run', async () => {
    for (const enrolment of [
      { state: 'refused', tokenId: '000000000000' },
      { state: 'refused', tokenId: '3f9c2b7a10de' },
      { state: 'refused', tokenId: '3f9c2b7a10de', isOld: true },
      { state: 'refused', isOld: true },
    ] as const) {
      const host = new FakeHost(joining);
      host.change({ enrolment });
      assert.equal((await run(host)).error, undefined);
    }
  });

  it('that the CA refuses ends with its reason and cure; the next run asks for another one', async () => {
    const refusal = {
      state: 'refused',
      message: 'the token was used',
      reason: 'token-used',
      cure: 'make another',
    } as const;
    const host = new FakeHost({ ...joining, refusal });
    const outcome = await run(host);
    assert.equal(codeOf(outcome), 'PERMISSION_DENIED');
    assert.equal((outcome.error as AppError).details.reason, 'token-used');
    assert.equal(cureOf(outcome), 'make another');
    assert.equal(statesOf(outcome).at(-1), 'enrol failed');
    host.input = undefined;
    assert.equal(codeOf(await run(host)), 'INVALID_INPUT');
  });
});

describe('what preflight finds', () => {
  const swap: PreflightFinding = { check: 'swap', severity: 'error', message: 'swap is on', cure: 'swapoff -a' };
  const memory: PreflightFinding = { check: 'memory', severity: 'warning', message: 'little', cure: 'more' };

  it('stops before anything is changed, and is told whole', async () => {
    const host = new FakeHost({ ...joining, findings: [memory, swap] });
    const outcome = await run(host);
    assert.equal(codeOf(outcome), 'FAILED_PRECONDITION');
    assert.deepEqual(outcome.reports.at(-1)?.findings, [memory, swap]);
    assert.deepEqual(host.trace, ['preflight']);
  });

  it('goes on with warnings, and tells them', async () => {
    const outcome = await run(new FakeHost({ ...joining, findings: [memory] }));
    assert.equal(outcome.error, undefined);
    const told = outcome.reports.find(({ phase, state }) => phase === 'preflight' && state === 'done');
    assert.deepEqual([told?.message, told?.findings], ['1 warning', [memory]]);
  });

  for (const ignored of ['swap', 'all']) {
    it(`goes on with --ignore-preflight ${ignored}`, async () => {
      const outcome = await run(new FakeHost({ ...joining, findings: [swap] }), { ignoredChecks: [ignored] });
      assert.equal(outcome.error, undefined);
    });
  }

  it('does not go on when another check is ignored', async () => {
    const outcome = await run(new FakeHost({ ...joining, findings: [swap] }), { ignoredChecks: ['ports'] });
    assert.equal(codeOf(outcome), 'FAILED_PRECONDITION');
  });
});

describe('waiting', () => {
  for (const [stuckAt, phase] of [
    ['identity', 'enrol'],
    ['received', 'enrol'],
    ['applied', 'configuration'],
    ['certificates', 'certificates'],
    ['components', 'components'],
    ['ready', 'ready'],
  ] as const) {
    it(`ends after --timeout when ${stuckAt} does not come, with what it waited for and what to do`, async () => {
      const outcome = await run(new FakeHost({ ...joining, stuckAt }), { timeoutMs: 600 });
      assert.equal(codeOf(outcome), 'DEADLINE_EXCEEDED');
      const { details, message } = outcome.error as AppError;
      assert.equal(details.phase, phase);
      assert.match(message, new RegExp(`not done within 0\\.6s: ${phase}, waiting for .`));
      assert.match(details.cure ?? '', /run `joiner join` again/);
    });
  }

  it('ends with Ctrl-C, and goes on with the next run', async () => {
    const host = new FakeHost(joining);
    const stop = new AbortController();
    const outcome = await run(host, {
      signal: stop.signal,
      onReport: ({ phase, state }) => {
        if (phase === 'certificates' && state === 'waiting') stop.abort(new AppError('CANCELLED', 'stopped by SIGINT'));
      },
    });
    assert.equal(codeOf(outcome), 'CANCELLED');
    assert.match(cureOf(outcome), /goes on from here/);
    assert.equal((await run(host)).error, undefined);
  });
});
