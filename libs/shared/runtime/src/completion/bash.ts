/** Completion for bash (4.4 or later); needs no other package. */

import type { CompletionNode, CompletionOption, CompletionValue } from './completion-tree.ts';

/** The script: it follows the words to the command that they name, then offers what may come next. */
export function bashScript(nodes: readonly CompletionNode[]): string {
  const name = nodes[0]?.path[0] ?? '';
  return `# bash completion of ${name}. Use it: source <(${name} completion bash)
_${name}() {
  local at='${name}' pending='' given=0 i word current=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    # bash splits --option=value into three words.
    if [[ $word == = ]]; then continue; fi
    if [[ -n $pending ]]; then pending=''; continue; fi
    case "$at $word" in
${lines(nodes.flatMap(walkCases))}
      *' -'*) ;;
      *) given=$((given + 1)) ;;
    esac
  done
  if [[ $current == = ]]; then current=''; fi
  if [[ -n $pending ]]; then
    case "$at $pending" in
${lines(nodes.flatMap(valueCases))}
    esac
    return
  fi
  if [[ $current == -* ]]; then
    case "$at" in
${lines(nodes.map(({ path, options }) => caseOf([path.join(' ')], wordsAction(options.flatMap(({ flags }) => flags)))))}
    esac
    return
  fi
  case "$at $given" in
${lines(nodes.flatMap(argumentCases))}
  esac
}
complete -F _${name} ${name}
`;
}

/** How the words lead on: into a command, or to the value of an option. */
function walkCases({ path, commands, options }: CompletionNode): readonly string[] {
  const at = path.join(' ');
  const withValue = options.filter(hasValue).flatMap(({ flags }) => flags.map((flag) => `${at} ${flag}`));
  return [
    ...commands.map((one) => caseOf([`${at} ${one.name}`], `at='${one.path.join(' ')}'; given=0`)),
    ...(withValue.length === 0 ? [] : [caseOf(withValue, 'pending=$word')]),
  ];
}

function valueCases({ path, options }: CompletionNode): readonly string[] {
  return options.filter(hasValue).flatMap(({ flags, value }) => {
    const action = actionOf(value);
    return action === ''
      ? []
      : [
          caseOf(
            flags.map((flag) => `${path.join(' ')} ${flag}`),
            action,
          ),
        ];
  });
}

function argumentCases(node: CompletionNode): readonly string[] {
  const at = node.path.join(' ');
  const names = node.commands.map(({ name }) => name);
  const first = names.length === 0 ? [] : [caseOf([`${at} 0`], wordsAction(names))];
  const values = node.arguments.flatMap((value, index) => {
    const isRepeated = node.isLastRepeated && index === node.arguments.length - 1;
    const action = actionOf(value);
    if (action === '') return [];
    return [isRepeated ? `'${at} '*) ${action} ;;` : caseOf([`${at} ${index}`], action)];
  });
  return [...first, ...values];
}

function hasValue(option: CompletionOption): option is CompletionOption & { readonly value: CompletionValue } {
  return option.value !== undefined;
}

function actionOf(value: CompletionValue): string {
  switch (value.kind) {
    case 'words':
      return wordsAction(value.words);
    case 'file':
      return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current")';
    case 'directory':
      return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current")';
    case 'unknown':
      return '';
    default:
      return value satisfies never;
  }
}

function wordsAction(words: readonly string[]): string {
  return `mapfile -t COMPREPLY < <(compgen -W '${words.join(' ')}' -- "$current")`;
}

function caseOf(patterns: readonly string[], action: string): string {
  return `${patterns.map((pattern) => `'${pattern}'`).join(' | ')}) ${action} ;;`;
}

function lines(all: readonly string[]): string {
  return all.map((line) => `      ${line}`).join('\n');
}
