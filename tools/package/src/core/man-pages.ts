/**
 * Manual pages made from the command line itself: one a program and one a command below it, called as git calls its own:
 * `ca-list(1)`. Pure.
 */

import type { CommandDescription, DescribedOption } from '@easycerts/runtime';
import { type RoffBlock, renderRoff } from './roff.ts';

export interface ManPage {
  /** File name without compression: `ca-list.1`. */
  readonly file: string;
  readonly text: string;
}

export interface ManPagesOptions {
  readonly programs: readonly CommandDescription[];
  readonly version: string;
  /** YYYY-MM-DD. */
  readonly date: string;
}

/** All pages. A command that is a program of its own has its pages there, not below `easycerts`. */
export function manPages(options: ManPagesOptions): readonly ManPage[] {
  const names = new Set(options.programs.map(({ path }) => path.join('-')));
  return options.programs.flatMap((program) => pagesOf(program, { ...options, names }));
}

interface PageContext extends ManPagesOptions {
  readonly names: ReadonlySet<string>;
}

function pagesOf(command: CommandDescription, context: PageContext): readonly ManPage[] {
  const below = command.commands.filter((child) => !isProgram(child, context));
  return [pageOf(command, context), ...below.flatMap((child) => pagesOf(child, context))];
}

/** `easycerts ca` is `ca`. */
function isProgram({ path }: CommandDescription, { names }: PageContext): boolean {
  return path.length === 2 && names.has(path[1] ?? '');
}

function pageName(command: CommandDescription, context: PageContext): string {
  return isProgram(command, context) ? (command.path[1] ?? '') : command.path.join('-');
}

function pageOf(command: CommandDescription, context: PageContext): ManPage {
  const name = command.path.join('-');
  const text = renderRoff({
    name,
    section: 1,
    date: context.date,
    source: `easycerts ${context.version}`,
    blocks: [
      heading('NAME'),
      { kind: 'paragraph', text: `${name} - ${firstSentence(command.description)}` },
      heading('SYNOPSIS'),
      { kind: 'synopsis', command: command.path.join(' '), rest: command.usage },
      heading('DESCRIPTION'),
      { kind: 'paragraph', text: asSentence(command.description) },
      ...section(
        'ARGUMENTS',
        command.arguments.map((one) => term(`<${one.term}>`, one.description)),
      ),
      ...section(
        'COMMANDS',
        command.commands.map((one) => term(`${pageName(one, context)}(1)`, one.description)),
      ),
      ...optionSections(command.options),
      ...section(
        'ENVIRONMENT',
        command.options.flatMap(({ env, term: option }) =>
          env === undefined ? [] : [term(env, `Value of ${option.split(' ')[0]} when that is not given.`)],
        ),
      ),
      ...exitStatus,
      ...files,
      ...seeAlso(command, context),
    ],
  });
  return { file: `${name}.1`, text };
}

function optionSections(options: readonly DescribedOption[]): readonly RoffBlock[] {
  const groups = Map.groupBy(options, ({ group }) => group);
  return [...groups].flatMap(([group, members]) =>
    section(
      group === undefined ? 'OPTIONS' : group.replace(/:$/, '').toUpperCase(),
      members.map((one) => term(one.term, one.description)),
    ),
  );
}

const exitStatus: readonly RoffBlock[] = [
  { kind: 'heading', text: 'EXIT STATUS' },
  { kind: 'term', term: '0', text: 'Done.' },
  { kind: 'term', term: '1', text: 'Failed; the error and what to do about it are on standard error.' },
  { kind: 'term', term: '2', text: 'The command line or the configuration is wrong; nothing was done.' },
  { kind: 'term', term: '130', text: 'Interrupted.' },
];

const files: readonly RoffBlock[] = [
  { kind: 'heading', text: 'FILES' },
  { kind: 'term', term: '/etc/easycerts/cluster.yaml', text: 'The configuration of the cluster, on a master.' },
  { kind: 'term', term: '/etc/easycerts/node.yaml', text: 'What differs on this host alone, on a node.' },
  { kind: 'term', term: '/var/lib/easycerts', text: 'State: on a master the certificate authorities.' },
  { kind: 'term', term: '/var/lib/kubernetes/secrets', text: 'The certificates and keys of the components.' },
];

function seeAlso(command: CommandDescription, context: PageContext): readonly RoffBlock[] {
  const parent = command.path.length > 1 ? [command.path.slice(0, -1).join('-')] : [];
  const programs = [...context.names].filter((one) => one !== command.path.join('-') && !parent.includes(one));
  const pages = [...parent, ...programs].map((one) => `${one}(1)`);
  return [heading('SEE ALSO'), { kind: 'paragraph', text: pages.join(', ') }];
}

function section(title: string, terms: readonly RoffBlock[]): readonly RoffBlock[] {
  return terms.length === 0 ? [] : [heading(title), ...terms];
}

function heading(text: string): RoffBlock {
  return { kind: 'heading', text };
}

function term(text: string, description: string): RoffBlock {
  return { kind: 'term', term: text, text: asSentence(description) };
}

/** For the line by which `apropos` finds it: up to the first colon. */
function firstSentence(text: string): string {
  return (text.split(/[:;]\s/)[0] ?? '').trim();
}

function asSentence(text: string): string {
  if (text === '') return '';
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
