/**
 * The messages of the CRI (runtime.v1, api.proto of k8s.io/cri-api) that ending pods needs. They have one field each that matters,
 * so they are read and written here instead of by thousands of generated lines:
 *
 *   ListPodSandboxResponse { repeated PodSandbox items = 1 { string id = 1 } }
 *   StopPodSandboxRequest, RemovePodSandboxRequest { string pod_sandbox_id = 1 }
 */

import { AppError } from '@easycerts/core';

// https://protobuf.dev/programming-guides/encoding/
const lengthDelimited = 2;
const firstField = 1;

/** A message with a string in field 1. */
export function idRequest(id: string): Buffer {
  const text = Buffer.from(id);
  return Buffer.concat([Buffer.from([(firstField << 3) | lengthDelimited]), varint(text.length), text]);
}

/** The ids of a ListPodSandboxResponse. AppError DAMAGED when it is none. */
export function idsIn(response: Uint8Array): readonly string[] {
  return firstFields(response).map((item) => {
    const [id] = firstFields(item);
    if (id === undefined) throw damaged('a pod sandbox without an id');
    return Buffer.from(id).toString('utf8');
  });
}

/** The length-delimited values of field 1; all other fields are passed over. */
function firstFields(message: Uint8Array): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  const next = (): number => {
    const byte = message[at];
    if (byte === undefined) throw damaged('it ends too early');
    at += 1;
    return byte;
  };
  const nextVarint = (): number => {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = next();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw damaged('a number that is too large');
  };
  while (at < message.length) {
    const tag = nextVarint();
    const wireType = tag & 7;
    if (wireType === 0) {
      // a number of 64 bits may have more bytes than a length
      while (next() >= 0x80);
      continue;
    }
    const length = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === lengthDelimited ? nextVarint() : undefined;
    if (length === undefined) throw damaged('a field of an unknown kind');
    if (at + length > message.length) throw damaged('it ends too early');
    if (tag >>> 3 === firstField && wireType === lengthDelimited) found.push(message.subarray(at, at + length));
    at += length;
  }
  return found;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}

function damaged(why: string): AppError {
  return new AppError('DAMAGED', `read the answer of the container runtime: ${why}`, {
    details: { cure: 'install a container runtime that has CRI v1, such as containerd 2' },
  });
}
