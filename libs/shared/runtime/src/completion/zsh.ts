/** Completion for zsh: one function a command, made of _arguments. */

import type { CompletionNode, CompletionOption, CompletionValue } from './completion-tree.ts';

/** The script: to be sourced, or put into a folder of $fpath as `_<name>`. */
export function zshScript(nodes: readonly CompletionNode[]): string {
  const name = nodes[0]?.path[0] ?? '';
  return `#compdef ${name}
# zsh completion of ${name}. Use it: source <(${name} completion zsh)
${nodes.map(functionOf).join('\n')}
# Sourced, it registers itself; loaded from $fpath, it is the completion itself.
if [[ \${funcstack[1]:-} == _${name} ]]; then
  ${functionName(nodes[0]?.path ?? [])} "$@"
elif (( $+functions[compdef] )); then
  compdef ${functionName(nodes[0]?.path ?? [])} ${name}
fi
`;
}

function functionOf(node: CompletionNode): string {
  const specs = [
    ...node.options.flatMap(optionSpecs),
    ...(node.commands.length > 0 ? commandSpecs : argumentSpecs(node)),
  ];
  return `${functionName(node.path)}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C -s -S ${specs.map((spec) => `\\\n    ${spec}`).join(' ')}
${node.commands.length > 0 ? subcommands(node) : ''}}`;
}

const commandSpecs = ["'1: :->command'", "'*:: :->words'"] as const;

function subcommands({ commands }: CompletionNode): string {
  const described = commands.map(({ name, description }) => `      ${quote(`${escapeColon(name)}:${description}`)}`);
  const branches = commands.map(({ name, path }) => `        ${name}) ${functionName(path)} ;;`);
  return `  case $state in
    command)
      local -a commands=(
${described.join('\n')}
      )
      _describe -t commands command commands ;;
    words)
      case $words[1] in
${branches.join('\n')}
      esac ;;
  esac
`;
}

/** `'(-c --config)'{-c,--config}'[text]:value:action'`, one a flag so that no brace expansion is needed. */
function optionSpecs({ flags, description, value }: CompletionOption): readonly string[] {
  const others = flags.length > 1 ? `(${flags.join(' ')})` : '';
  const end = value === undefined ? '' : `:value:${actionOf(value)}`;
  return flags.map((flag) => {
    const name = value !== undefined && flag.startsWith('--') ? `${flag}=` : flag;
    return quote(`${others}${name}[${description.replaceAll(/[[\]\\]/g, '\\$&').replaceAll(':', '\\:')}]${end}`);
  });
}

function argumentSpecs(node: CompletionNode): readonly string[] {
  return node.arguments.map((value, index) => {
    const isRepeated = node.isLastRepeated && index === node.arguments.length - 1;
    return quote(`${isRepeated ? '*' : index + 1}::value:${actionOf(value)}`);
  });
}

function actionOf(value: CompletionValue): string {
  switch (value.kind) {
    case 'words':
      return `(${value.words.join(' ')})`;
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'unknown':
      return ' ';
    default:
      return value satisfies never;
  }
}

function functionName(path: readonly string[]): string {
  return `__${path.join('_').replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
}

function escapeColon(text: string): string {
  return text.replaceAll(':', '\\:');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
