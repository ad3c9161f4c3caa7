/** Completion for fish (3.1 or later): one line a thing that can be offered. */

import type { CompletionNode, CompletionOption, CompletionValue } from './completion-tree.ts';

/** The script: to be sourced, or put into fish's folder of completions as `<name>.fish`. */
export function fishScript(nodes: readonly CompletionNode[]): string {
  const name = nodes[0]?.path[0] ?? '';
  return `# fish completion of ${name}. Use it: ${name} completion fish | source
# Prints the command that the words so far name, and how many arguments it has been given.
function __${name}_at
  set -l at ${name}
  set -l pending 0
  set -l given 0
  set -l words (commandline -opc)
  for word in $words[2..-1]
    if test $pending = 1
      set pending 0
      continue
    end
    switch "$at $word"
${nodes.flatMap(walkCases).join('\n')}
      case '* -*'
      case '*'
        set given (math $given + 1)
    end
  end
  echo "$at $given"
end
function __${name}_is -a command
  string match -qr -- "^$command [0-9]+\\$" (__${name}_at)
end
function __${name}_wants
  contains -- (__${name}_at) $argv
end
complete -c ${name} -f
${nodes.flatMap((node) => offersOf(name, node)).join('\n')}
`;
}

function walkCases({ path, commands, options }: CompletionNode): readonly string[] {
  const at = path.join(' ');
  const withValue = options.filter(({ value }) => value !== undefined).flatMap(({ flags }) => flags);
  const isPending = withValue.map((flag) => quote(`${at} ${flag}`)).join(' ');
  return [
    ...commands.map(
      (one) =>
        `      case ${quote(`${at} ${one.name}`)}\n        set at ${quote(one.path.join(' '))}\n        set given 0`,
    ),
    ...(withValue.length === 0 ? [] : [`      case ${isPending}\n        set pending 1`]),
  ];
}

function offersOf(name: string, node: CompletionNode): readonly string[] {
  const at = node.path.join(' ');
  const isHere = quote(`__${name}_is ${quote(at)}`);
  const wants = (given: number): string => quote(`__${name}_wants ${quote(`${at} ${given}`)}`);
  return [
    ...node.commands.map(
      (one) => `complete -c ${name} -n ${wants(0)} -a ${quote(one.name)} -d ${quote(one.description)}`,
    ),
    ...node.options
      .filter(({ flags }) => flags.length > 0)
      .map((option) => `complete -c ${name} -n ${isHere} ${flagsOf(option)} -d ${quote(option.description)}`),
    ...node.arguments.flatMap((value, index) => {
      const isRepeated = node.isLastRepeated && index === node.arguments.length - 1;
      const action = actionOf(value);
      return action === '' ? [] : [`complete -c ${name} -n ${isRepeated ? isHere : wants(index)} ${action}`];
    }),
  ];
}

function flagsOf({ flags, value }: CompletionOption): string {
  const words = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...words, ...(value === undefined ? [] : ['-x', actionOf(value)])].filter((word) => word !== '').join(' ');
}

function actionOf(value: CompletionValue): string {
  switch (value.kind) {
    case 'words':
      return `-a ${quote(value.words.join(' '))}`;
    case 'file':
      return "-a '(__fish_complete_path (commandline -ct))'";
    case 'directory':
      return "-a '(__fish_complete_directories (commandline -ct))'";
    case 'unknown':
      return '';
    default:
      return value satisfies never;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
