/** The command line, with only those parts loaded that are asked for: a daemon must not wait for the others to load. */

import { Command } from 'commander';
import packageFacts from '../package.json' with { type: 'json' };
import { readInvocation } from './core/invocation.ts';

interface CommandSource {
  readonly load: () => Promise<{ readonly command: () => Command }>;
  /** For help, where loading the command itself would take long. */
  readonly description?: string;
  /** For our own processes: not in the help. */
  readonly isHidden?: true;
}

/** The services: each is also the whole program when we are called by its name. */
const services: Readonly<Record<string, CommandSource & { readonly description: string }>> = {
  ca: { description: 'the certificate authority', load: () => import('@easycerts/ca') },
  certmgr: { description: 'keep the certificates of this host', load: () => import('@easycerts/certmgr') },
  'config-renderer': {
    description: 'turn cluster.yaml into the files of this host',
    load: () => import('@easycerts/config-renderer'),
  },
  joiner: { description: 'run and restart the components of this host', load: () => import('@easycerts/joiner') },
  'addon-manager': { description: 'keep addons applied', load: () => import('@easycerts/addon-manager') },
};

/** Commands of this package, in the order of the help; their files load what is heavy only when they run. */
const ownCommands: Readonly<Record<string, CommandSource>> = {
  up: { load: () => import('./commands/up.ts') },
  down: { load: () => import('./commands/down.ts') },
  reset: { load: () => import('./commands/reset.ts') },
  status: { load: () => import('./commands/status.ts') },
  exec: { load: () => import('./commands/exec.ts') },
  shell: { load: () => import('./commands/shell.ts') },
  events: { load: () => import('./commands/events.ts') },
  completion: { load: () => import('./commands/completion.ts') },
  version: { load: () => import('./commands/version.ts') },
  prepare: { load: () => import('./commands/prepare.ts'), isHidden: true },
  supervise: { load: () => import('./commands/supervise.ts'), isHidden: true },
};

const sources: Readonly<Record<string, CommandSource>> = { ...ownCommands, ...services };

/** Commands that act on the host they run on. */
export const hostCommands: readonly string[] = [...Object.keys(services), 'events'];

/** The program for a command line. */
export async function programFor(argv: readonly string[]): Promise<Command> {
  const { kind, command } = readInvocation(argv, { links: Object.keys(services), commands: Object.keys(sources) });
  const source = command === undefined ? undefined : sources[command];
  if (source === undefined) return program((one, name) => describe(one, name));
  const { command: build } = await source.load();
  return kind === 'link' ? build() : newProgram().addCommand(build());
}

/** Everything, for completions. */
export function wholeProgram(): Promise<Command> {
  return program(async ({ load }) => (await load()).command());
}

async function describe({ description, load }: CommandSource, name: string): Promise<Command> {
  return description === undefined ? (await load()).command() : new Command(name).description(description);
}

async function program(commandOf: (source: CommandSource, name: string) => Promise<Command>): Promise<Command> {
  const whole = newProgram();
  for (const [name, source] of Object.entries(sources)) {
    const command = await commandOf(source, name);
    whole.addCommand(name in services ? command.helpGroup('Services:') : command, { hidden: source.isHidden === true });
  }
  return whole;
}

function newProgram(): Command {
  return new Command('easycerts')
    .description('a secure Kubernetes cluster whose certificates keep themselves')
    .version(packageFacts.version, '--version')
    .enablePositionalOptions();
}
