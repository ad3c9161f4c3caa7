/** Starts a cluster's supervisor: in a sandbox as root, as an ordinary process otherwise. */

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ClusterConfig, pathsUnder } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import type { Assets } from '@easycerts/kube-assets';
import { identify } from '@easycerts/runtime';
import { insideEnvironment } from '../../core/inside-environment.ts';
import { sandboxHostName } from '../../core/instance.ts';
import { plainOverlay, sandboxOverlay } from '../../core/overlay.ts';
import { controlPlanePorts } from '../../core/ports.ts';
import { imagePath, insidePaths } from '../../core/programs-plan.ts';
import { loadBridgeFilter } from '../bridge-filter.ts';
import { chooseCable } from '../choose-cable.ts';
import type { DataDirectory } from '../data-directory.ts';
import { readBootId } from '../machine-facts.ts';
import { insideShared } from '../prepare-sandbox.ts';
import { writeRecord } from '../sandbox-record-file.ts';
import { type StartedSandbox, startSandbox } from '../start-sandbox.ts';
import { masterNameOf } from './choose-config.ts';
import { checkPorts } from './port-check.ts';

export interface LaunchOptions {
  readonly data: DataDirectory;
  readonly config: ClusterConfig;
  readonly assets: Assets;
  readonly isAttached: boolean;
}

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../..');

/** As root: everything, in a sandbox. */
export async function launchInSandbox({ assets, config, data, isAttached }: LaunchOptions): Promise<StartedSandbox> {
  const cable = await chooseCable(data, [config.clusterCidr, config.apiserver.serviceClusterIpRange]);
  const { coredns, pause } = assets.images;
  const archives = [pause.archive, coredns.archive];
  writeOverlay(
    data,
    sandboxOverlay({ sandboxAddress: cable.sandboxAddress, hostName: sandboxHostName, images: { coredns, pause } }),
  );
  const masterName = masterNameOf(config);
  return startSandbox({
    data,
    cable,
    isAttached,
    modules: await loadBridgeFilter(),
    ...(masterName === undefined ? {} : { masterName }),
    programs: {
      nodeExecutable: realpathSync(process.execPath),
      repository: realpathSync(repository),
      dataDirectory: data.path,
      binDirectory: realpathSync(assets.binDir),
      cniDirectory: realpathSync(assets.cniBinDir),
      images: archives.map((archive) => realpathSync(archive)),
      ...(assets.libraryPath === undefined ? {} : { libraryDirectory: realpathSync(assets.libraryPath) }),
    },
    command: [
      ...[`${insidePaths.bin}/tini`, '--', insidePaths.node, insidePaths.main, 'supervise'],
      ...['--state', `${insideShared}/supervisor.json`, '--ctr', `${insidePaths.bin}/ctr`],
      ...archives.flatMap((archive) => ['--image', imagePath(archive)]),
      ...(isAttached ? ['--attached'] : []),
    ],
    env: insideEnvironment,
  });
}

/** As anybody: the control plane on loopback, everything below the data directory. */
export async function launchPlain({ assets, config, data, isAttached }: LaunchOptions): Promise<StartedSandbox> {
  await checkPorts(controlPlanePorts(config));
  const easycerts = [process.execPath, process.argv[1] ?? ''];
  writeOverlay(data, plainOverlay({ binDir: assets.binDir, easycertsCommand: easycerts }));
  mkdirSync(pathsUnder(data.path).run, { recursive: true });
  rmSync(data.supervisorState, { force: true });
  const log = openSync(data.supervisorLog, 'w', 0o600);
  const [program = '', ...args] = easycerts;
  const flags = ['supervise', '--state', data.supervisorState, ...(isAttached ? ['--attached'] : [])];
  const child = spawn(program, [...args, ...flags], {
    cwd: '/',
    detached: true,
    stdio: [isAttached ? 'pipe' : 'ignore', log, log],
    env: { ...process.env, EASYCERTS_ROOT: data.path, EASYCERTS_CONFIG: undefined },
  });
  closeSync(log);
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  child.unref();
  const init = child.pid === undefined ? undefined : identify(child.pid);
  if (init === undefined) throw new AppError('INTERNAL', `start ${program}: it ended at once`);
  const record = { bootId: readBootId(), groups: [], modules: [], isAttached, startedAt: new Date().toISOString() };
  writeRecord(data, { ...record, init });
  return { live: { ...record, init }, ...(child.stdin === null ? {} : { lifeline: child.stdin }) };
}

function writeOverlay(data: DataDirectory, text: string): void {
  writeFileSync(data.overlayFile, text, { mode: 0o644 });
}
