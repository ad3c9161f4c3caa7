/** Links in the documents lead somewhere, and commands in them exist. */

import { dirname, join, normalize } from 'node:path/posix';
import type { CheckDefinition, CheckInput } from '../check-definition.ts';
import type { TreeFile } from '../source-tree.ts';

export const links: CheckDefinition = {
  name: 'documents: links and commands',
  cure: 'correct the link or the command',
  run: linkProblems,
};

/** Pure: checks every Markdown file of the tree. Links to other sites are not followed. */
export function linkProblems({ tree }: Pick<CheckInput, 'tree'>): readonly string[] {
  const files = new Map(tree.map((file) => [file.path, file]));
  const folders = new Set(tree.flatMap(({ path }) => parentsOf(path)));
  const scripts = scriptsOf(files.get('package.json'));
  const documents = tree.filter(({ path }) => path.endsWith('.md'));
  return documents.flatMap((document) => [
    ...linksOf(document).flatMap(({ target, line }) => {
      const problem = targetProblem(document.path, target, files, folders);
      return problem === undefined ? [] : [`${document.path}:${line}: ${target}: ${problem}`];
    }),
    ...commandsOf(document)
      .filter(({ script }) => !scripts.has(script))
      .map(({ script, line }) => `${document.path}:${line}: npm run ${script}: there is no such script`),
  ]);
}

function targetProblem(
  from: string,
  target: string,
  files: ReadonlyMap<string, TreeFile>,
  folders: ReadonlySet<string>,
): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const place = path === '' ? from : normalize(join(dirname(from), decodeURI(path))).replace(/\/$/, '');
  const file = files.get(place);
  if (file === undefined) return folders.has(place) ? undefined : 'there is no such file';
  if (anchor === undefined || anchor === '' || !place.endsWith('.md')) return undefined;
  return anchorsOf(file.text).has(anchor) ? undefined : 'there is no such heading';
}

function linksOf({ text }: TreeFile): readonly { readonly target: string; readonly line: number }[] {
  return prose(text).flatMap((content, index) =>
    [...content.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)].map(([, target = '']) => ({
      target,
      line: index + 1,
    })),
  );
}

/** Commands also count inside blocks of code: they are what people copy. */
function commandsOf({ text }: TreeFile): readonly { readonly script: string; readonly line: number }[] {
  return text.split('\n').flatMap((content, index) => {
    const named = [...content.matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(([, script = '']) => script);
    const short = [...content.matchAll(/\bnpm (start|stop|test)\b/g)].map(([, script = '']) => script);
    return [...named, ...short].map((script) => ({ script, line: index + 1 }));
  });
}

/** The headings of a page as GitHub makes addresses of them; repeated ones get -1, -2, …. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of prose(text)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words.replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '').replaceAll(' ', '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count += 1) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

/** The lines, with those inside blocks of code and code in the text emptied. */
function prose(text: string): readonly string[] {
  let isCode = false;
  return text.split('\n').map((line) => {
    const isFence = /^\s*(```|~~~)/.test(line);
    if (isFence) isCode = !isCode;
    return isCode || isFence ? '' : line.replaceAll(/`[^`]*`/g, (code) => (line.startsWith('#') ? code : ''));
  });
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function scriptsOf(manifest: TreeFile | undefined): ReadonlySet<string> {
  const parsed = JSON.parse(manifest?.text ?? '{}') as { readonly scripts?: Readonly<Record<string, string>> };
  return new Set(Object.keys(parsed.scripts ?? {}));
}
