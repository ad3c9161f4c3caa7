/** What the bucket `automations` says about a program that reads events. */

import { isHostName } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { parseStoredJson } from './stored-json.ts';

export interface Automation {
  readonly name: string;
  /** Types of events, as they were asked for. */
  readonly read: readonly string[];
  /** Of its certificate: the one with which it is let in. */
  readonly serial: string;
  readonly fingerprint: string;
  readonly createdAtMs: number;
  readonly notAfterMs: number;
}

/**
 * How the ledger calls the holder of an automation's certificate: with a slash, which the name of a host cannot have, so that
 * neither is ever taken for the other.
 */
export function automationHolder(name: string): string {
  return `automation/${name}`;
}

/** The name of the one certificate that an automation has. */
export const automationCertificate = 'automation';

/** The value in the bucket: JSON. */
export function encodeAutomation(automation: Automation): Uint8Array {
  const { name, read, serial, fingerprint, createdAtMs, notAfterMs } = automation;
  return Buffer.from(JSON.stringify({ name, read, serial, fingerprint, createdAtMs, notAfterMs }));
}

/** Reads a value of the bucket. AppError DAMAGED when it is not exactly that: nobody is let in by half a record. */
export function decodeAutomation(key: string, value: Uint8Array): Automation {
  const found = parseStoredJson(value);
  if (typeof found !== 'object' || found === null) throw damaged(key, 'not JSON of an object');
  const { name, read, serial, fingerprint, createdAtMs, notAfterMs } = found as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || !isHostName(name) || name !== key) throw damaged(key, 'another name');
  if (!Array.isArray(read) || !read.every((type): type is string => typeof type === 'string'))
    throw damaged(key, 'does not say what it reads');
  if (typeof serial !== 'string' || !/^[1-9a-f][0-9a-f]{0,39}$/.test(serial)) throw damaged(key, 'no serial number');
  if (typeof fingerprint !== 'string' || !/^[0-9a-f]{64}$/.test(fingerprint)) throw damaged(key, 'no fingerprint');
  if (!isTime(createdAtMs) || !isTime(notAfterMs)) throw damaged(key, 'a time is missing');
  return { name, read, serial, fingerprint, createdAtMs, notAfterMs };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function damaged(key: string, why: string): AppError {
  return new AppError('DAMAGED', `read automation ${JSON.stringify(key.slice(0, 80))}: ${why}`, {
    details: { cure: 'make the automation again: `ca automation create`' },
  });
}
