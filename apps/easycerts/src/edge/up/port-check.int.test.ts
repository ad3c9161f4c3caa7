import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { checkPorts } from './port-check.ts';

async function listen(host: string): Promise<{ readonly port: number; close(): void }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

test('a port in use is told with its key, and the program that has it', async () => {
  const { port, close } = await listen('127.0.0.1');
  try {
    await assert.rejects(checkPorts([{ port, component: 'kube-apiserver', key: 'apiserver.securePort' }]), (error) => {
      assert.ok(isAppError(error, 'FAILED_PRECONDITION'));
      const text = JSON.stringify(error.details.problems);
      assert.match(text, /apiserver\.securePort/);
      assert.match(text, new RegExp(`process ${process.pid}\\)`));
      return true;
    });
  } finally {
    close();
  }
});

test('all ports in use are told at once', async () => {
  const [one, other] = [await listen('0.0.0.0'), await listen('127.0.0.1')];
  try {
    const uses = [one, other].map(({ port }) => ({ port, component: 'etcd', key: 'etcd.clientPort' }));
    await assert.rejects(
      checkPorts(uses),
      (error) => isAppError(error) && Array.isArray(error.details.problems) && error.details.problems.length === 2,
    );
  } finally {
    one.close();
    other.close();
  }
});

test('free ports are fine', async () => {
  const { port, close } = await listen('127.0.0.1');
  close();
  await checkPorts([{ port, component: 'etcd', key: 'etcd.clientPort' }]);
});
