import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HostState } from '../host-state.ts';
import type { ComponentStatus } from '../joiner-status.ts';
import { doctorChecks, examine } from './checks.ts';
import type { DoctorFacts } from './facts.ts';

const at = '2020-01-01T12:00:00.000Z';
const nowMs = Date.parse(at);
const dayMs = 86_400_000;
const up = { isActive: true, isEnabled: true };
const services = ['easycerts-agent'];
const kubelet: ComponentStatus = {
  unit: 'kubelet',
  description: 'kubelet',
  state: 'healthy',
  since: at,
  isHealthy: true,
  failures: 0,
  lastLines: [],
};
const identity = { host: 'n1', role: 'node', notAfterMs: nowMs + 20 * dayMs, pins: ['ab'] } as const;

const state: HostState = {
  name: 'n1',
  role: 'node',
  hasAuthority: false,
  tokenId: undefined,
  identity,
  enrolment: undefined,
  receivedDigest: 'd1',
  appliedDigest: 'd1',
  certificates: { names: ['kubelet'], missing: [], failures: [], problems: [] },
  units: ['kubelet'],
  components: { updatedAt: at, startedAt: at, isReady: true, components: [kubelet], problems: [] },
  services: Object.fromEntries(services.map((unit) => [unit, up])),
  leaving: undefined,
};

/** A node that nothing is wrong with. */
const facts: DoctorFacts = {
  state,
  wantedServices: services,
  isCertmgrAlive: true,
  certificates: [{ name: 'kubelet', notAfterMs: nowMs + 20 * dayMs }],
  node: { isReady: true, isSchedulable: true },
  busProblem: undefined,
  lastLines: {},
  nowMs,
};

const withState = (changes: Partial<HostState>): Partial<DoctorFacts> => ({ state: { ...state, ...changes } });
const withCertificates = (changes: Partial<HostState['certificates']>): Partial<DoctorFacts> =>
  withState({ certificates: { ...state.certificates, ...changes } });
const withKubelet = (changes: Partial<ComponentStatus>): Partial<DoctorFacts> =>
  withState({
    components: {
      updatedAt: at,
      startedAt: at,
      isReady: false,
      components: [{ ...kubelet, ...changes }],
      problems: [],
    },
  });
const stranger = { identity: undefined, units: [], components: undefined, receivedDigest: undefined } as const;

const rows: readonly (readonly [string, Partial<DoctorFacts>, readonly string[]])[] = [
  ['a node that nothing is wrong with', {}, []],
  ['a host of no cluster', { ...withState({ ...stranger, role: 'none' }), wantedServices: [] }, ['membership error']],
  [
    'a cluster.yaml without a cluster',
    { ...withState({ ...stranger, role: 'master' }), wantedServices: [] },
    ['membership error'],
  ],
  ['a host that is leaving', withState({ leaving: ['drain'] }), ['membership warning']],
  [
    'a token that waits',
    { ...withState({ ...stranger, role: 'none', tokenId: '3f9c2b7a10de' }), wantedServices: [] },
    ['membership error', 'token warning'],
  ],
  ['a token that is left over', withState({ tokenId: '3f9c2b7a10de' }), ['token warning']],
  [
    'a token that was refused',
    {
      ...withState({ ...stranger, role: 'none', enrolment: { state: 'refused', reason: 'token-used' } }),
      wantedServices: [],
    },
    ['membership error', 'token error'],
  ],
  ['a refusal of old, before the identity came', withState({ enrolment: { state: 'refused' } }), []],
  ['an identity that has ended', withState({ identity: { ...identity, notAfterMs: nowMs } }), ['identity error']],
  [
    'an identity that ends soon',
    withState({ identity: { ...identity, notAfterMs: nowMs + dayMs / 2 } }),
    ['identity warning'],
  ],
  [
    'a service that does not run',
    withState({ services: { ...state.services, 'easycerts-agent': { isActive: false, isEnabled: true } } }),
    ['services error'],
  ],
  [
    'a service that would not start at boot',
    withState({ services: { ...state.services, 'easycerts-agent': { isActive: true, isEnabled: false } } }),
    ['services error'],
  ],
  ['a certmgr that says nothing', { isCertmgrAlive: false }, ['services warning']],
  ['a host without systemd', { ...withState({ services: {} }), wantedServices: [] }, []],
  ['a bus that cannot be reached', { busProblem: 'ECONNREFUSED' }, ['bus warning']],
  ['a configuration that has not been applied', withState({ appliedDigest: 'd0' }), ['applied-configuration error']],
  ['a certificate that is missing', withCertificates({ missing: ['kubelet'] }), ['certificates error']],
  [
    'a certificate that is missing because the CA is away: told once',
    withCertificates({ missing: ['kubelet'], failures: [{ name: '', message: 'no answer' }] }),
    ['certificates error'],
  ],
  ['a CA that is away', withCertificates({ failures: [{ name: '', message: 'no answer' }] }), ['certificates warning']],
  [
    'a certificate that is not renewed',
    withCertificates({ failures: [{ name: 'kubelet', message: 'no' }] }),
    ['certificates warning'],
  ],
  ['a damaged spec', withCertificates({ problems: [{ path: '/x.json', message: 'no' }] }), ['certificates error']],
  [
    'a certificate that has ended',
    { certificates: [{ name: 'kubelet', notAfterMs: nowMs - 1 }] },
    ['certificates error'],
  ],
  [
    'a certificate that ends soon',
    { certificates: [{ name: 'kubelet', notAfterMs: nowMs + 1 }] },
    ['certificates warning'],
  ],
  ['a joiner that does not answer', withState({ components: undefined }), ['components error']],
  [
    'a component that is not healthy',
    withKubelet({ isHealthy: false, detail: 'ended', lastLines: ['boom'] }),
    ['components error'],
  ],
  ['a component that joiner does not know', withState({ units: ['kubelet', 'etcd'] }), ['components error']],
  ['a node that is not Ready', { node: { isReady: false, detail: 'no network' } }, ['node error']],
  ['a node that is cordoned', { node: { isReady: true, isSchedulable: false } }, ['node warning']],
  ['a host without kubelet', { node: undefined }, []],
];

describe('the doctor', () => {
  for (const [name, changes, found] of rows) {
    test(name, () => {
      assert.deepEqual(
        examine({ ...facts, ...changes }).map(({ check, severity }) => `${check} ${severity}`),
        found,
      );
    });
  }

  test('every check has a row that breaks it', () => {
    const broken = new Set(rows.flatMap(([, , found]) => found.map((text) => text.split(' ')[0])));
    assert.deepEqual(
      doctorChecks.filter(({ name }) => !broken.has(name)),
      [],
    );
  });

  test('tells the last words of what does not run', () => {
    const [component] = examine({
      ...facts,
      ...withKubelet({ isHealthy: false, detail: 'ended', lastLines: ['one', 'boom'] }),
    });
    assert.equal(component?.message, 'kubelet is not healthy: ended (last line of its log: boom)');
    const stopped = { ...state.services, 'easycerts-agent': { isActive: false, isEnabled: true } };
    const [service] = examine({
      ...facts,
      ...withState({ services: stopped }),
      lastLines: { 'easycerts-agent': ['bang'] },
    });
    assert.match(service?.message ?? '', /easycerts-agent does not run \(last line of its log: bang\)/);
  });

  test('names the unit to be started again: on a node the agent, on a master the service', () => {
    const cures = (
      wantedServices: readonly string[],
      changes: Partial<DoctorFacts>,
    ): readonly (string | undefined)[] => {
      const all = Object.fromEntries(wantedServices.map((unit) => [unit, up]));
      const given = { ...facts, ...changes, wantedServices };
      return examine({ ...given, state: { ...given.state, services: all } }).map(({ cure }) => cure);
    };
    const separate = ['easycerts-certmgr', 'easycerts-config-renderer', 'easycerts-joiner'];
    const silent = { isCertmgrAlive: false };
    const mute = withState({ components: undefined });
    assert.deepEqual(cures(services, silent), ['systemctl restart easycerts-agent']);
    assert.deepEqual(cures(separate, silent), ['systemctl restart easycerts-certmgr']);
    assert.deepEqual(cures(services, mute), ['systemctl restart easycerts-agent']);
    assert.deepEqual(cures(separate, mute), ['systemctl restart easycerts-joiner']);
  });
});
