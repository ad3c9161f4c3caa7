/** Certification requests by a grammar: good ones, odd ones and hostile ones, each signed so that its signature is right. */

import { generateKeyPairSync } from 'node:crypto';
import type { Chance } from '@easycerts/testing/fuzz';
import * as der from '../testing/index.ts';

/** Made once: keys cost more than everything else here. */
const keys = [
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  generateKeyPairSync('rsa', { modulusLength: 1_024 }),
];

/** One request. */
export function csrByChance(chance: Chance): Uint8Array {
  const extensions = Array.from({ length: chance.below(4) }, () => extensionByChance(chance));
  const request = der.extensionRequest(...extensions);
  const attributes = [
    ...(chance.onceIn(10) ? [] : [request]),
    ...(chance.onceIn(20) ? [request] : []),
    ...(chance.onceIn(10) ? [der.seq(der.oidDer('1.2.840.113549.1.9.7'), der.set(der.utf8('password')))] : []),
  ];
  return der.writeHostileCsr({
    key: chance.onceIn(4) ? chance.oneOf(keys) : (keys[0] as (typeof keys)[number]),
    subject: subjectByChance(chance),
    attributes,
    ...(chance.onceIn(30) ? { version: der.int(chance.below(3)) } : {}),
    ...(chance.onceIn(30) ? { hash: chance.oneOf(['sha1', 'sha384', 'sha512']) } : {}),
    ...(chance.onceIn(30) ? { signature: der.bits(chance.bytes(70)) } : {}),
  });
}

const attributeTypes = ['2.5.4.3', '2.5.4.3', '2.5.4.10', '2.5.4.10', '2.5.4.11', '2.5.4.6', '2.5.4.5', '1.2.3.4'];

function subjectByChance(chance: Chance): der.Der {
  const relativeNames = Array.from({ length: chance.below(4) }, () => {
    const attributes = Array.from({ length: chance.onceIn(3) ? 2 : 1 }, () =>
      der.seq(der.oidDer(chance.oneOf(attributeTypes)), textByChance(chance)),
    );
    return der.set(...attributes.sort(Buffer.compare));
  });
  return der.seq(...relativeNames);
}

const words = [
  'n1',
  'system:nodes',
  'system:masters',
  'a,b+c="d"\\ #<>;',
  ' blanks ',
  'é',
  'Кириллица',
  '\u{1f600}',
  'n1\0.evil',
  'line\nend',
  '\u202eright',
  'x'.repeat(64),
  'x'.repeat(260),
  '',
];

function textByChance(chance: Chance): der.Der {
  const word = chance.oneOf(words);
  switch (chance.below(8)) {
    case 0:
      return der.ia5(word);
    case 1:
      return der.tlv(0x1e, Buffer.from(word, 'utf16le').swap16()); // BMPString
    case 2:
      return der.tlv(0x14, Buffer.from(word, 'latin1')); // TeletexString
    case 3:
    case 4:
      return der.printable(word);
    default:
      return der.utf8(word);
  }
}

function extensionByChance(chance: Chance): der.Der {
  switch (chance.below(7)) {
    case 0:
      return chance.onceIn(2) ? der.caExtension() : der.extension('2.5.29.19', der.seq(), true);
    case 1:
      return der.extension('2.5.29.15', der.tlv(0x03, Uint8Array.of(chance.below(8), chance.below(256))), true);
    case 2:
      return der.extension('2.5.29.37', usagesByChance(chance));
    case 3:
      return der.extension(chance.oneOf(['1.2.3', '2.5.29.14', '2.5.29.35']), der.octets(chance.bytes(4)));
    default:
      return der.sanExtension(...Array.from({ length: chance.below(6) }, () => nameByChance(chance)));
  }
}

function usagesByChance(chance: Chance): der.Der {
  const usages = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.3', '2.5.29.37.0'];
  return der.seq(...Array.from({ length: chance.below(3) }, () => der.oidDer(chance.oneOf(usages))));
}

const hosts = [
  'n1',
  'localhost',
  '*.evil.example',
  'a.b',
  'N1',
  'n1.',
  '-x',
  '10.0.0.1',
  'a,DNS:b',
  'n1\0.evil',
  'a b',
  '',
];

function nameByChance(chance: Chance): der.Der {
  switch (chance.below(9)) {
    case 0:
      return der.ipName(...chance.bytes(4));
    case 1:
      return der.ipName(...chance.bytes(chance.oneOf([16, 16, 16, 8, 5, 0])));
    case 2:
      return der.emailName('a@b.example');
    case 3:
      return der.uriName('spiffe://cluster/node');
    case 4:
      return chance.oneOf([der.otherName, der.dirName, der.registeredId])();
    default:
      return der.dnsName(chance.oneOf(hosts));
  }
}
