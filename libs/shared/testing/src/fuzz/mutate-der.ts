/** Mutations of DER that keep its lengths right, so that they reach what lies deep inside. */

import type { Chance } from './chance.ts';
import { type MutationMaterial, mutateBytes } from './mutate-bytes.ts';

/** An element as it may be changed: either parts or content. */
interface Node {
  tag: number;
  content: Uint8Array;
  parts: Node[] | undefined;
}

const tags = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1e, 0x30, 0x31, 0x80, 0x82, 0xa0, 0xa3,
];

/** One change to one element; to the bytes when they are no DER. */
export function mutateDer(input: Uint8Array, chance: Chance, material: MutationMaterial): Uint8Array {
  const root = chance.onceIn(10) ? undefined : readNodes(input);
  if (root === undefined || root.length === 0) return mutateBytes(input, chance, material);
  const lists = listsOf(root);
  const list = chance.oneOf(lists.filter((one) => one.length > 0));
  const at = chance.below(list.length);
  const node = list[at] as Node;
  switch (chance.below(8)) {
    case 0:
      list.splice(at, 1);
      break;
    case 1:
      list.splice(at, 0, structuredClone(node));
      break;
    case 2:
      // A copy: what stands in itself would have no end.
      list.splice(at, 1, structuredClone(chance.oneOf(chance.oneOf(lists.filter((one) => one.length > 0)))));
      break;
    case 3:
      node.tag = chance.onceIn(2) ? chance.oneOf(tags) : node.tag ^ (1 << chance.below(8));
      break;
    case 4:
      list[at] = { tag: chance.oneOf([0x30, 0x31, 0xa0, 0xa3]), content: new Uint8Array(), parts: [node] };
      break;
    case 5:
      list.splice(at, 1, ...foreignNodes(chance, material));
      break;
    default:
      list[at] = { tag: node.tag, content: mutateBytes(contentOf(node), chance, material), parts: undefined };
  }
  return Buffer.concat(root.map(encode));
}

/** Every element that the bytes are; undefined when they are none. Contents that are DER themselves count as parts. */
function readNodes(bytes: Uint8Array, depth = 0): Node[] | undefined {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = readHeader(bytes, at);
    if (header === undefined || header.end > bytes.length) return undefined;
    const content = bytes.subarray(header.start, header.end);
    const tag = bytes[at] ?? 0;
    const holdsOthers = (tag & 0x20) !== 0 || (tag === 0x04 && content.length > 2);
    nodes.push({ tag, content, parts: holdsOthers && depth < 32 ? readNodes(content, depth + 1) : undefined });
    at = header.end;
  }
  return nodes;
}

function readHeader(bytes: Uint8Array, at: number): { start: number; end: number } | undefined {
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const octets = first & 0x7f;
  if (octets === 0 || octets > 3) return undefined;
  let length = 0;
  for (let index = 0; index < octets; index++) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  return { start: at + 2 + octets, end: at + 2 + octets + length };
}

/** The list of the outermost elements, and of the parts of each. */
function listsOf(root: Node[]): readonly Node[][] {
  const lists = [root];
  for (const list of lists) for (const { parts } of list) if (parts !== undefined) lists.push(parts);
  return lists;
}

function foreignNodes(chance: Chance, { others }: MutationMaterial): readonly Node[] {
  const other = others.length === 0 ? undefined : readNodes(chance.oneOf(others));
  if (other === undefined || other.length === 0) return [];
  return chance.oneOf(listsOf(other).filter((one) => one.length > 0)).slice(0, 3);
}

function contentOf({ content, parts }: Node): Uint8Array {
  return parts === undefined ? content : Buffer.concat(parts.map(encode));
}

function encode(node: Node): Uint8Array {
  const content = contentOf(node);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.of(node.tag, ...head), content]);
}
