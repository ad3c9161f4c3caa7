/**
 * `easycerts up`, step by step: configuration → data directory, lock → what an earlier start left → binaries → launch →
 * follow until ready → summary → (in the foreground) follow until told to stop → stop, remove.
 */

import { AppError, isAppError, systemErrorCode, toAppError } from '@easycerts/core';
import { type Assets, ensureAssets, renderEvent } from '@easycerts/kube-assets';
import { isTerminal, withFileLock } from '@easycerts/runtime';
import { plainModeText, summaryText } from '../../core/summary.ts';
import { makeDataDirectory } from '../data-directory.ts';
import { killAtExit } from '../kill-at-exit.ts';
import { endCluster, removeCluster } from '../remove-cluster.ts';
import { readLiveSandbox } from '../sandbox-record-file.ts';
import type { StartedSandbox } from '../start-sandbox.ts';
import { readCertificates } from './certificates.ts';
import { type ChosenConfig, chooseConfig, installConfig } from './choose-config.ts';
import { serverOf, watchCluster } from './cluster-watch.ts';
import { follow } from './follow.ts';
import { launchInSandbox, launchPlain } from './launch-cluster.ts';
import { mutedAfterHangUp } from './muted-output.ts';
import { createProgressView, type ProgressView } from './progress-view.ts';
import type { UpOptions } from './up-options.ts';

/** Runs the cluster. Resolves when it has been stopped, or, detached, when it is ready. */
export async function runUp(options: UpOptions): Promise<void> {
  const { data } = options;
  const chosen = await chooseConfig(data, options.configFile);
  makeDataDirectory(data);
  try {
    await withFileLock(data.lock, { waitMs: 0 }, () => runLocked(options, chosen));
  } catch (error) {
    if (isAppError(error, 'UNAVAILABLE') && error.details.path === data.lock) throw alreadyRunning(options, error);
    // A full or read-only disk, most of all, which can turn up anywhere.
    throw systemErrorCode(error) === undefined ? error : toAppError(error, `start the cluster in ${data.path}`);
  }
}

interface Run {
  readonly options: UpOptions;
  readonly chosen: ChosenConfig;
  readonly view: ProgressView;
  readonly startedAtMs: number;
}

async function runLocked(options: UpOptions, chosen: ChosenConfig): Promise<void> {
  const { data, isJson } = options;
  if (readLiveSandbox(data) !== undefined) throw alreadyRunning(options);
  const view = createProgressView({ stream: mutedAfterHangUp(process.stdout), isJson, isTerminal: isTerminal() });
  try {
    await removeCluster(data);
    await runCluster({ options, chosen, view, startedAtMs: performance.now() });
  } finally {
    view.settle();
  }
}

async function runCluster(run: Run): Promise<void> {
  const { data, isDetached, signal } = run.options;
  const launched = await launch(run).catch(async (error: unknown) => {
    await removeCluster(data);
    throw error;
  });
  const dismiss = killAtExit(launched.live);
  try {
    await whileRunning(run, launched);
    if (isDetached) return;
    run.view.say('stopping …');
    await endCluster(data, launched.live);
    run.view.say('stopped; `easycerts up` goes on from here');
  } catch (error) {
    // Too slow is no reason to end what was to run in the background.
    if (!(isDetached && isAppError(error, 'DEADLINE_EXCEEDED'))) {
      run.view.settle();
      if (signal.aborted) run.view.say('stopping …');
      await endCluster(data, launched.live);
    }
    throw signal.aborted ? signal.reason : error;
  } finally {
    dismiss();
  }
}

/** Follows it until it is ready, and in the foreground until the user stops it. */
async function whileRunning(run: Run, launched: StartedSandbox): Promise<void> {
  const { chosen, options, view } = run;
  const { data, isDetached, signal, timeoutMs } = options;
  const watch = watchCluster({ data, live: launched.live, config: chosen.config });
  await follow({ watch, view, data, signal, timeoutMs, isDetached, until: 'ready' });
  view.settle();
  await summarize(run, launched);
  if (!isDetached) await follow({ watch, view, data, signal, timeoutMs, isDetached, until: 'stopped' });
}

async function launch({ chosen, options, view }: Run): Promise<StartedSandbox> {
  const { data, isDetached, signal } = options;
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot) view.say(plainModeText);
  const assets = await getAssets(signal, view, isRoot);
  signal.throwIfAborted();
  installConfig(data, chosen);
  const start = isRoot ? launchInSandbox : launchPlain;
  return start({ data, config: chosen.config, assets, isAttached: !isDetached });
}

/** Nothing is said about binaries that are there. */
function getAssets(signal: AbortSignal, view: ProgressView, isRoot: boolean): Promise<Assets> {
  return ensureAssets({
    group: isRoot ? 'node' : 'control-plane',
    env: process.env,
    signal,
    report: (event) => {
      if (event.kind !== 'cached') view.say(renderEvent(event));
    },
  });
}

async function summarize({ chosen, options, startedAtMs, view }: Run, { live }: StartedSandbox): Promise<void> {
  const { callName, data, dataOption, isDetached, isJson } = options;
  const facts = {
    mode: live.cable === undefined ? ('plain' as const) : ('sandbox' as const),
    kubeconfig: data.adminKubeconfig,
    server: serverOf({ config: chosen.config, live }),
    certificates: await readCertificates(data),
    tookMs: performance.now() - startedAtMs,
  };
  if (isJson) view.result({ kind: 'ready', ...facts, tookMs: Math.round(facts.tookMs) });
  else view.say(summaryText({ ...facts, isDetached, now: new Date(), callName, dataOption }));
}

function alreadyRunning({ callName, data, dataOption }: UpOptions, cause?: unknown): AppError {
  const call = (command: string): string => `\`${[callName, command, dataOption].filter(Boolean).join(' ')}\``;
  return new AppError('ALREADY_EXISTS', `the cluster in ${data.path} runs already`, {
    cause,
    details: {
      path: data.path,
      cure: `see it with ${call('status')}, stop it with ${call('down')}, or give this one a folder of its own with --data-dir`,
    },
  });
}
