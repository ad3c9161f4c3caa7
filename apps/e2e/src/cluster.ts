/** One cluster of a run, used only as a user can: npm scripts, kubectl, openssl, files below the data directory. */

import { join } from 'node:path';
import { clusterLogTails } from './log-tails.ts';
import { type Memory, memoryAt } from './memory.ts';
import { dataDirectory, program } from './place.ts';
import type { CommandOptions, Ended } from './run-command.ts';
import { describe, mustRun, runCommand } from './run-command.ts';

export interface Cluster extends Memory {
  readonly name: string;
  readonly data: string;
  readonly env: NodeJS.ProcessEnv;
  /** A path of the sandbox as the machine sees it: /etc and /var lie in the data directory. */
  file(path: string): string;
  /** `npm start -- --detach` (and more words); rejects unless it says that the node is Ready. */
  start(...words: readonly string[]): Promise<string>;
  stop(): Promise<string>;
  reset(): Promise<string>;
  /** `npm run easycerts -- …`. */
  easycerts(words: readonly string[], options?: CommandOptions): Promise<Ended>;
  /** The same, as JSON; rejects unless the exit code is one of `codes`. */
  json<T>(words: readonly string[], codes?: readonly number[]): Promise<T>;
  /** Runs a command inside. */
  exec(words: readonly string[], options?: CommandOptions): Promise<Ended>;
  mustExec(words: readonly string[], options?: CommandOptions): Promise<string>;
  /** kubectl in the user's shell, as administrator. */
  kubectl(words: readonly string[], options?: CommandOptions): Promise<Ended>;
  mustKubectl(words: readonly string[], options?: CommandOptions): Promise<string>;
  /** `kubectl get … -o json`. */
  get<T>(words: readonly string[]): Promise<T>;
  apply(manifest: unknown): Promise<string>;
  /** The last lines of its logs, for a test that failed. */
  logTails(): string;
}

/** The cluster with this name; nothing is started. */
export function cluster(name: string): Cluster {
  const data = dataDirectory(name);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    EASYCERTS_DATA_DIR: data,
    KUBECONFIG: join(data, 'etc/kubernetes/cluster-admin.kubeconfig'),
  };
  const npm = (words: readonly string[]): Promise<string> => mustRun(['npm', ...words], { env });
  const easycerts = (words: readonly string[], options: CommandOptions = {}): Promise<Ended> =>
    runCommand(['npm', 'run', '--silent', 'easycerts', '--', ...words], { env, ...options });
  const exec = (words: readonly string[], options: CommandOptions = {}): Promise<Ended> =>
    easycerts(['exec', '--', ...words], options);
  const kubectl = (words: readonly string[], options: CommandOptions = {}): Promise<Ended> =>
    runCommand([program('kubectl'), ...words], { env, timeoutMs: 60_000, ...options });
  const mustKubectl = async (words: readonly string[], options: CommandOptions = {}): Promise<string> =>
    outputOf(await kubectl(words, options));
  return {
    name,
    data,
    env,
    file: (path) => join(data, path),
    start: (...words) => npm(['start', '--silent', '--', '--detach', ...words]),
    stop: () => npm(['stop', '--silent']),
    reset: () => npm(['run', '--silent', 'reset']),
    easycerts,
    async json<T>(words: readonly string[], codes: readonly number[] = [0]) {
      const ended = await easycerts([...words, '--json']);
      if (codes.includes(ended.code)) return JSON.parse(ended.stdout) as T;
      throw new Error(describe(ended));
    },
    exec,
    mustExec: async (words, options) => outputOf(await exec(words, options)),
    kubectl,
    mustKubectl,
    get: async <T>(words: readonly string[]) => JSON.parse(await mustKubectl(['get', ...words, '-o', 'json'])) as T,
    apply: (manifest) => mustKubectl(['apply', '-f', '-'], { input: JSON.stringify(manifest) }),
    logTails: () => clusterLogTails(data),
    ...memoryAt(`${data}.memory.json`),
  };
}

/** What it printed; throws with all it said when the exit code is not 0. */
export function outputOf(ended: Ended): string {
  if (ended.code === 0) return ended.stdout;
  throw new Error(describe(ended));
}
