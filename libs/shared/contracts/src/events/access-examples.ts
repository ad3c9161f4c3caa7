/** Examples of the events about who may do what: join tokens, automations, keys of cfssl's API. */

import type { EventType } from './catalogue.ts';
import type { EventExample } from './event-example.ts';

type AccessEvent = Extract<EventType, `${'token' | 'automation' | 'cfssl-key'}.${string}`>;

const serial = '6b1f20c4a97d3e58';
const notAfter = '2020-01-31T12:00:00.000Z';

export const accessExamples: { readonly [T in AccessEvent]: EventExample<T> } = {
  'token.created': {
    type: 'token.created',
    service: 'ca',
    subject: '3f9c2b7a10de',
    key: '2020-01-01T12:00:00.000Z',
    data: {
      tokenId: '3f9c2b7a10de',
      role: 'node',
      host: 'n1',
      uses: 1,
      expiresAt: '2020-01-01T13:00:00.000Z',
      note: 'rack 4',
      by: 'm1',
    },
  },
  'token.used': {
    type: 'token.used',
    service: 'ca',
    subject: '3f9c2b7a10de',
    key: 'n1',
    data: { tokenId: '3f9c2b7a10de', host: 'n1', role: 'node', peer: '192.0.2.11:52044', usesLeft: 0 },
  },
  'token.revoked': {
    type: 'token.revoked',
    service: 'ca',
    subject: '3f9c2b7a10de',
    key: '2020-01-01T12:30:00.000Z',
    data: { tokenId: '3f9c2b7a10de', by: 'm1' },
  },
  'token.refused': {
    type: 'token.refused',
    service: 'ca',
    subject: '3f9c2b7a10de',
    key: '0b9c4f6e-6a0e-4c58-9a5e-0d8a1e6f7b21',
    data: {
      tokenId: '3f9c2b7a10de',
      host: 'n9',
      reason: 'token-used',
      detail: 'it was for 1 host, which has joined',
      peer: '192.0.2.66:40312',
    },
  },
  'automation.created': {
    type: 'automation.created',
    service: 'ca',
    subject: 'ci',
    key: serial,
    data: { automation: 'ci', read: ['host.joined', 'certificate.*'], serial, notAfter, by: 'm1' },
  },
  'automation.revoked': {
    type: 'automation.revoked',
    service: 'ca',
    subject: 'ci',
    key: '2020-01-01T12:00:00.000Z',
    data: { automation: 'ci', by: 'm1' },
  },
  'cfssl-key.created': {
    type: 'cfssl-key.created',
    service: 'ca',
    subject: 'n1/default',
    key: '2',
    data: { host: 'n1', profile: 'default', generation: 2, previousUntil: '2020-01-02T12:00:00.000Z', by: 'm1' },
  },
  'cfssl-key.revoked': {
    type: 'cfssl-key.revoked',
    service: 'ca',
    subject: 'n1/default',
    key: '2',
    data: { host: 'n1', profile: 'default', generation: 2, by: 'm1' },
  },
};
