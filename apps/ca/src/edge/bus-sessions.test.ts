import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@easycerts/core';
import type { OpenConnection } from '@easycerts/runtime';
import { silentLogger } from '@easycerts/testing';
import { startBusSessions } from './bus-sessions.ts';

/** Connections of a server that can be away; each look is told. */
function server(open: readonly OpenConnection[]) {
  const looks: PromiseWithResolvers<void>[] = [Promise.withResolvers<void>()];
  const state = { open: [...open], isAway: false, cut: [] as number[], looks: 0 };
  return {
    state,
    /** Resolves at the look of that number. */
    looked: async (number: number): Promise<void> => {
      while (state.looks < number) await looks.at(-1)?.promise;
    },
    connections: {
      open: async () => {
        state.looks += 1;
        looks.at(-1)?.resolve();
        looks.push(Promise.withResolvers<void>());
        if (state.isAway) throw new AppError('UNAVAILABLE', 'away');
        return state.open;
      },
      cut: async (id: number) => {
        state.cut.push(id);
        state.open = state.open.filter((each) => each.id !== id);
      },
    },
  };
}

const connection = (id: number, user: string): OpenConnection => ({ id, user, fingerprint: `f${id}` });
const isOutdated = ({ user }: { user: string }): boolean => user === 'nodes/n2';
const timings = { settleMs: 1, retryMs: 1 };
const all = [connection(1, 'nodes/n1'), connection(2, 'nodes/n2'), connection(3, 'nodes/n2')];

test('cuts exactly those that are outdated, and only when told to look', async () => {
  const { connections, state, looked } = server(all);
  const sessions = startBusSessions({ connections, isOutdated, logger: silentLogger(), timings });
  assert.equal(state.looks, 0);
  sessions.review();
  await looked(2);
  await sessions.close();
  assert.deepEqual(state.cut, [2, 3]);
});

test('looks once more for one that was being let in', async () => {
  const { connections, state, looked } = server([]);
  const sessions = startBusSessions({ connections, isOutdated, logger: silentLogger(), timings });
  sessions.review();
  await looked(1);
  state.open = [connection(4, 'nodes/n2')];
  await looked(2);
  await sessions.close();
  assert.deepEqual(state.cut, [4]);
});

test('a second review does not wait for the end of the first', async () => {
  const { connections, state, looked } = server([]);
  const slow = { settleMs: 3_600_000, retryMs: 1 };
  const sessions = startBusSessions({ connections, isOutdated, logger: silentLogger(), timings: slow });
  sessions.review();
  await looked(1);
  state.open = [connection(5, 'nodes/n2')];
  sessions.review();
  await looked(2);
  await sessions.close();
  assert.deepEqual(state.cut, [5]);
});

test('while nats-server does not answer it tries again until it does', async () => {
  const { connections, state, looked } = server(all);
  state.isAway = true;
  const sessions = startBusSessions({ connections, isOutdated, logger: silentLogger(), timings });
  sessions.review();
  await looked(3);
  assert.deepEqual(state.cut, []);
  state.isAway = false;
  await looked(5);
  await sessions.close();
  assert.deepEqual(state.cut, [2, 3]);
});

test('nobody is cut while it is not known who is a member', async () => {
  const { connections, state, looked } = server(all);
  const sessions = startBusSessions({ connections, isOutdated: () => undefined, logger: silentLogger(), timings });
  sessions.review();
  await looked(2);
  await sessions.close();
  assert.deepEqual(state.cut, []);
});
