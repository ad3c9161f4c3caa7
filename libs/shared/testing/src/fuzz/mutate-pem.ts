/** Mutations of PEM: of the text, or of the DER inside. */

import type { Chance } from './chance.ts';
import { type MutationMaterial, mutateBytes } from './mutate-bytes.ts';
import { mutateDer } from './mutate-der.ts';

/** One change. */
export function mutatePem(input: Uint8Array, chance: Chance, material: MutationMaterial): Uint8Array {
  const text = Buffer.from(input).toString('latin1');
  const block = /(-----BEGIN [^-]*-----\r?\n)([A-Za-z0-9+/=\r\n]*)(-----END)/.exec(text);
  if (block === null || chance.onceIn(2)) return mutateBytes(input, chance, material);
  const [all, head = '', body = '', tail = ''] = block;
  const der = mutateDer(Buffer.from(body, 'base64'), chance, { ...material, others: [] });
  const lines = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n');
  return Buffer.from(
    text.replace(all, () => `${head}${lines}\n${tail}`),
    'latin1',
  );
}
