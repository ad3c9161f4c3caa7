/** Looks whether the ports of a control plane on loopback are free, and who has them when they are not. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { AppError, systemErrorCode } from '@easycerts/core';
import type { PortUse } from '../../core/ports.ts';
import { listenersOf } from '../../core/socket-table.ts';

/** AppError FAILED_PRECONDITION naming every port in use, with the program that listens there where it can be found. */
export async function checkPorts(uses: readonly PortUse[]): Promise<void> {
  const taken: PortUse[] = [];
  for (const use of uses) if (!(await isFree(use.port))) taken.push(use);
  if (taken.length === 0) return;
  const problems = taken.map(({ component, key, port }) => {
    const holder = holderOf(port);
    return { path: key, message: `${component} needs port ${port}, which ${holder ?? 'another program'} uses` };
  });
  const ports = taken.map(({ port }) => port).join(', ');
  throw new AppError('FAILED_PRECONDITION', `ports in use: ${ports}`, {
    details: { problems, cure: 'stop those programs, or choose other ports in cluster.yaml' },
  });
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', (error) => {
    if (systemErrorCode(error) === 'EADDRINUSE') resolve(false);
    else reject(error);
  });
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}

/** `nginx (process 812)`; undefined when it belongs to another user. */
function holderOf(port: number): string | undefined {
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => listenersOf(readFileSync(path, 'utf8'), port));
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!openFilesOf(pid).some((target) => sockets.has(target))) continue;
    return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (process ${pid})`;
  }
  return undefined;
}

function openFilesOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
