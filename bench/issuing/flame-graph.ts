/**
 * `node bench/issuing/flame-graph.ts <title> <profile.cpuprofile> <from s> <to s> > graph.svg`: what V8's profiler (`--cpu-prof`)
 * saw of one thread, as a flame graph. Time in which it waited is left out.
 */

import { readFileSync } from 'node:fs';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface Frame {
  readonly name: string;
  readonly kind: Kind;
  /** Microseconds, its callees' included. */
  total: number;
  readonly callees: Map<string, Frame>;
}

const kinds = {
  easycerts: '#e4572e',
  'libraries (nats, grpc, pino, …)': '#f3a712',
  'Node.js': '#76b041',
  'garbage, natively compiled': '#8d99ae',
} as const;
type Kind = keyof typeof kinds;

const width = 1_200;
const rowHeight = 17;
const minWidth = 0.8;
const characterWidth = 6.2;

const [title = '', file = '', from = '0', to = 'Infinity'] = process.argv.slice(2);
const root = framesOf(JSON.parse(readFileSync(file, 'utf8')) as Profile, Number(from), Number(to));
process.stdout.write(svgOf(title, root));

function framesOf(profile: Profile, fromS: number, toS: number): Frame {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const top: Frame = { name: 'all', kind: 'Node.js', total: 0, callees: new Map() };
  let atUs = 0;
  for (const [index, id] of profile.samples.entries()) {
    const lastedUs = profile.timeDeltas[index] ?? 0;
    atUs += lastedUs;
    if (atUs < fromS * 1e6 || atUs > toS * 1e6) continue;
    const path: ProfileNode[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const node = byId.get(at);
      if (node !== undefined) path.unshift(node);
    }
    // The first is the root of V8's own tree.
    if (path.at(-1)?.callFrame.functionName !== '(idle)') add(top, path.slice(1), lastedUs);
  }
  return top;
}

function add(frame: Frame, path: readonly ProfileNode[], lastedUs: number): void {
  frame.total += lastedUs;
  const [node, ...rest] = path;
  if (node === undefined) return;
  const name = nameOf(node);
  let callee = frame.callees.get(name);
  if (callee === undefined) {
    callee = { name, kind: kindOf(node), total: 0, callees: new Map() };
    frame.callees.set(name, callee);
  }
  add(callee, rest, lastedUs);
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const place = url.split('/').slice(-2).join('/');
  return `${functionName === '' ? '(anonymous)' : functionName}${place === '' ? '' : ` ${place}:${lineNumber + 1}`}`;
}

function kindOf({ callFrame: { url } }: ProfileNode): Kind {
  if (url.includes('/node_modules/')) return 'libraries (nats, grpc, pino, …)';
  if (url.startsWith('file:')) return 'easycerts';
  return url.startsWith('node:') ? 'Node.js' : 'garbage, natively compiled';
}

function svgOf(heading: string, all: Frame): string {
  const boxes: string[] = [];
  let depths = 0;
  const draw = (frame: Frame, x: number, depth: number): void => {
    const wide = (frame.total / all.total) * width;
    if (wide < minWidth) return;
    depths = Math.max(depths, depth + 1);
    const share = `${((100 * frame.total) / all.total).toFixed(1)} %`;
    const fits = Math.floor((wide - 4) / characterWidth);
    const label = fits < 4 ? '' : escaped(frame.name.length > fits ? `${frame.name.slice(0, fits - 1)}…` : frame.name);
    boxes.push(
      `<g><title>${escaped(frame.name)}: ${share}</title>` +
        `<rect x="${x.toFixed(1)}" y="${40 + depth * rowHeight}" width="${wide.toFixed(1)}" height="${rowHeight - 1}" fill="${kinds[frame.kind]}"/>` +
        (label === '' ? '' : `<text x="${(x + 2).toFixed(1)}" y="${52 + depth * rowHeight}">${label}</text>`) +
        '</g>',
    );
    let next = x;
    for (const callee of [...frame.callees.values()].sort((one, other) => other.total - one.total)) {
      draw(callee, next, depth + 1);
      next += (callee.total / all.total) * width;
    }
  };
  draw(all, 0, 0);
  const legend = Object.entries(kinds).map(
    ([kind, colour], index) =>
      `<rect x="${500 + index * 175}" y="8" width="10" height="10" fill="${colour}"/><text x="${514 + index * 175}" y="17">${escaped(kind)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${50 + depths * rowHeight}" font-family="monospace" font-size="10" role="img">`,
    `<title>${escaped(heading)}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="4" y="18" font-size="13">${escaped(heading)}</text>`,
    ...legend,
    ...boxes,
    '</svg>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
