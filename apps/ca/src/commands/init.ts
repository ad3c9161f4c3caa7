/** `ca init`: makes the CAs, keys and first certificates of a cluster, offline, once. */

import { authorityNames } from '@easycerts/cluster';
import { type CommandContext, formatTable, loadClusterConfig, loadUsers, systemClock } from '@easycerts/runtime';
import { assertHasCa, gatherHostRecord } from '../config.ts';
import { type InitResult, initializeCa } from '../edge/initialize/initialize.ts';

/** Runs the command and prints what there is now. */
export async function init({ configFile, paths, isJson }: CommandContext): Promise<void> {
  const config = await loadClusterConfig(configFile);
  assertHasCa(config, configFile);
  const host = await gatherHostRecord(config);
  const result = await initializeCa({ config, host, paths, users: loadUsers(), now: systemClock.now() });
  process.stdout.write(isJson ? jsonOf(result, paths.ca) : textOf(result, paths.ca));
}

function jsonOf({ authorities, serviceAccountKeyId, isResumed }: InitResult, directory: string): string {
  const list = authorityNames.map((name) => {
    const { subjectText, fingerprint, notAfter } = authorities[name].certificate;
    return { authority: name, subject: subjectText, fingerprint, notAfter: notAfter.toISOString() };
  });
  return `${JSON.stringify({ directory, resumed: isResumed, authorities: list, serviceAccountKeyId }, undefined, 2)}\n`;
}

function textOf({ authorities, serviceAccountKeyId, isResumed }: InitResult, directory: string): string {
  const rows = authorityNames.map((name) => {
    const { subjectText, fingerprint, notAfter } = authorities[name].certificate;
    return [name, subjectText, notAfter.toISOString().slice(0, 10), fingerprint.slice(0, 16)];
  });
  return [
    isResumed ? `finished what an earlier run had begun in ${directory}\n\n` : `made the CA in ${directory}\n\n`,
    formatTable(['AUTHORITY', 'SUBJECT', 'VALID UNTIL', 'SHA-256'], rows),
    `\nservice-account key ${serviceAccountKeyId}\n`,
    `\nkeep a backup of ${directory}: nothing replaces these keys\n`,
  ].join('');
}
