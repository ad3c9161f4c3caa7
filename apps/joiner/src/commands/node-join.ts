/**
 * `nixos-kubernetes-node-join`: as NixOS's script of that name (nixos/modules/services/cluster/kubernetes/pki.nix), with our
 * token. No arguments; root; one line on standard input; everything it says goes to standard error; 0 when the node has joined,
 * 1 otherwise.
 */

import { toAppError } from '@easycerts/core';
import { contextOf, formatError } from '@easycerts/runtime';
import { Command } from 'commander';
import { runJoin } from './join.ts';

export const nodeJoinName = 'nixos-kubernetes-node-join';

const usage = `Usage: ${nodeJoinName}

No args. The join token must be provided on stdin.
To get one, execute on the master node: 'ca token create --role node'.
`;

export function nodeJoinCommand(): Command {
  return (
    new Command(nodeJoinName)
      .description('make this host a node, as the script of NixOS does: no arguments, the token on standard input')
      // whatever is given, the answer is the usage
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(async (_options, self: Command) => {
        const words = wordsOf(process.argv);
        if (words.length > 0) return end(usage);
        if (process.geteuid?.() !== 0) return end('Run as root please.\n');
        try {
          const options = { role: 'node', timeout: '', ignorePreflight: [], fix: false } as const;
          await runJoin({ ...contextOf(self), isJson: false }, { ...options, stream: process.stderr });
          process.stderr.write('Node joined successfully\n');
        } catch (error) {
          end(formatError(toAppError(error, nodeJoinName)));
        }
      })
  );
}

function end(text: string): void {
  process.stderr.write(text);
  process.exitCode = 1;
}

/** Everything after the name of the command, or of the link to it. */
function wordsOf(argv: readonly string[]): readonly string[] {
  const at = argv.indexOf(nodeJoinName, 2);
  return argv.slice(at === -1 ? 2 : at + 1);
}
