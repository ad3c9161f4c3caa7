/** `joiner join` and `joiner init`: this host becomes a node, or the master of a new cluster. */

import type { Role } from '@easycerts/cluster';
import type { CommandContext } from '@easycerts/runtime';
import { contextOf, loadClusterConfig } from '@easycerts/runtime';
import { Command } from 'commander';
import { connectAsNode } from '../edge/host/ask-node.ts';
import { joinActions } from '../edge/host/join-actions.ts';
import { ownCommand, ownProgram } from '../edge/host/own-program.ts';
import type { ViewStream } from '../edge/host/phase-view.ts';
import { tokenInput } from '../edge/host/token-input.ts';
import { initPhases } from '../phases/init-phases.ts';
import { joinPhases } from '../phases/join-phases.ts';
import { addPhasesHelp, ignorePreflightOption, runPhaseCommand, timeoutMsOf, timeoutOption } from './phase-command.ts';

export interface JoinOptions {
  readonly timeout: number | string;
  readonly ignorePreflight: readonly string[];
  readonly fix: boolean;
}

export function joinCommand(): Command {
  const command = new Command('join')
    .description('make this host a node of a cluster; the join token comes on standard input')
    .addHelpText('after', '\nExample:\n  ssh m1 ca token create --role node | joiner join\n');
  return addJoinOptions(addPhasesHelp(command, joinPhases)).action((options: Partial<JoinOptions>, self: Command) =>
    runJoin(contextOf(self), { role: 'node', ...withDefaults(options), stream: process.stdout }),
  );
}

export function initCommand(): Command {
  const command = new Command('init').description(
    'make this host the master of a new cluster, as its cluster.yaml says',
  );
  return addJoinOptions(addPhasesHelp(command, initPhases)).action((options: Partial<JoinOptions>, self: Command) =>
    runJoin(contextOf(self), { role: 'master', ...withDefaults(options), stream: process.stdout }),
  );
}

/** The options that preflight and the time limit have, wherever they stand. */
export function addJoinOptions(command: Command): Command {
  return command
    .addOption(timeoutOption())
    .addOption(ignorePreflightOption())
    .option('--fix', 'let preflight mend what is safe to mend: kernel modules and sysctls');
}

/** Options as they were given, with what they are otherwise. */
export function withDefaults({ fix, ignorePreflight, timeout }: Partial<JoinOptions>): JoinOptions {
  return { timeout: timeout ?? '', ignorePreflight: ignorePreflight ?? [], fix: fix ?? false };
}

/** Runs to the end: the node is Ready. Throws what the phase that failed threw. */
export async function runJoin(
  context: CommandContext,
  options: JoinOptions & { readonly role: Role; readonly stream: ViewStream },
): Promise<void> {
  const { configFile, isJson, paths, signal } = context;
  const { fix, ignorePreflight, role, stream, timeout } = options;
  const kube = connectAsNode(paths);
  const isMaster = role === 'master';
  // a master without a usable cluster.yaml fails before anything is done, with all its problems
  if (isMaster) await loadClusterConfig(configFile);
  try {
    const hasActed = await runPhaseCommand(
      context,
      {
        name: isMaster ? 'joiner init' : 'joiner join',
        phases: isMaster ? initPhases : joinPhases,
        timeoutMs: timeoutMsOf(timeout),
        stream,
      },
      ({ look, units }) => ({
        ignoredChecks: ignorePreflight,
        actions: joinActions({
          role,
          paths,
          configFile,
          mustFix: fix,
          units,
          kube,
          readToken: tokenInput({
            stream: process.stdin,
            prompt: (text) => process.stderr.write(text),
            isNeeded: async () => {
              const { identity, tokenId } = await look();
              return identity === undefined && tokenId === undefined;
            },
            signal,
          }),
          runOurselves: async () =>
            ownProgram({ command: await ownCommand(configFile), globalArguments: globalArguments(context), signal }),
        }),
      }),
    );
    const already = hasActed ? '' : ' already';
    if (!isJson) stream.write(`This ${isMaster ? 'master' : 'node'} is Ready${already}.\n`);
  } finally {
    kube.close();
  }
}

/** For our other commands: the places that were given. */
function globalArguments({ configFile, paths }: CommandContext): readonly string[] {
  return [
    ...(paths.root === '' ? [] : ['--root', paths.root]),
    ...(configFile === paths.clusterFile ? [] : ['--config', configFile]),
  ];
}
