/** `certmgr enrol`: one try, for whoever does not use `joiner join`. The daemon does the same when it finds a token on disk. */

import { hostname } from 'node:os';
import { type JoinToken, parseJoinToken } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import {
  type CommandContext,
  contextOf,
  createDeferredPublisher,
  createLogger,
  loadClusterConfig,
  loadUsers,
  nodeNameOf,
  systemClock,
} from '@easycerts/runtime';
import { Command } from 'commander';
import { type EnrolledHost, enrolHost, untoldEnrolment } from '../edge/enrol-host.ts';
import { readIdentityState } from '../edge/identity-state.ts';
import { enrolHostParts } from '../edge/make-enroller.ts';
import { ensureState } from '../edge/state-file.ts';
import { readTokenFile, removeTokenFile } from '../edge/token-file.ts';
import { withServiceContext } from './service-context.ts';

interface EnrolOptions {
  readonly tokenFile?: string;
}

/** Twice as much as any token. */
const maxInputLength = 8_192;

export function enrolCommand(): Command {
  return new Command('enrol')
    .description(
      'get the identity of this host for a join token, read from standard input (one try; see `joiner join`)',
    )
    .option('--token-file <file>', 'read the token from this file, and remove it once the host has its identity')
    .action(async ({ tokenFile }: EnrolOptions, self: Command) => {
      const context = contextOf(self);
      const token = tokenFile === undefined ? await tokenOfInput() : await tokenOfFile(tokenFile);
      const enrolled = await enrol(token, context);
      for (const path of [context.paths.joinToken, ...(tokenFile === undefined ? [] : [tokenFile])]) {
        await removeTokenFile(path, token.id);
      }
      const notAfter = new Date(enrolled.notAfterMs).toISOString();
      const record = { ok: true, serial: enrolled.serial, notAfter };
      process.stdout.write(
        context.isJson
          ? `${JSON.stringify(record, null, 2)}\n`
          : `this host has its identity, ${enrolled.serial}, valid until ${notAfter}\n`,
      );
    });
}

async function enrol(token: JoinToken, context: CommandContext): Promise<EnrolledHost> {
  const { paths, configFile, logLevel, signal } = context;
  await ensureState(paths);
  const host = nodeNameOf(hostname());
  const events = createDeferredPublisher(systemClock);
  const logger = createLogger({ service: 'certmgr', level: logLevel === 'info' ? 'silent' : logLevel });
  const service = { clock: systemClock, logger, random: Math.random, events };
  const parts = enrolHostParts(service, { host, paths, users: loadUsers(), signal });
  const identity = await readIdentityState(paths.hostIdentity, host, Date.now());
  const isFinished = untoldEnrolment(await parts.pending.load('host'), identity) === undefined;
  if (identity.kind === 'usable' && isFinished) throw hasIdentity(identity.leaf.serial);
  const enrolled = await enrolHost(token, parts);
  // Its event goes out by the bus, whose address has come with the configuration
  const config = await loadClusterConfig(configFile, { mustResolve: false });
  await withServiceContext(context, config, async ({ events: bus }) => events.attach(bus));
  return enrolled;
}

async function tokenOfInput(): Promise<JoinToken> {
  if (process.stdin.isTTY) throw noToken('standard input is a terminal');
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    // parseJoinToken says what is wrong with so much
    if (text.length > maxInputLength) break;
  }
  return parseJoinToken(text);
}

async function tokenOfFile(path: string): Promise<JoinToken> {
  const token = await readTokenFile(path);
  if (token === undefined) throw noToken(`${path} does not exist`);
  return token;
}

function noToken(why: string): AppError {
  return new AppError('INVALID_INPUT', `enrol: no join token: ${why}`, {
    details: {
      cure: 'make one on the master, `ca token create`, and give it to this command: `certmgr enrol < token`',
    },
  });
}

function hasIdentity(serial: string): AppError {
  return new AppError('ALREADY_EXISTS', `enrol: this host has its identity already, ${serial}`, {
    details: { cure: 'nothing is to be done; to join another cluster, let it leave this one first: `joiner leave`' },
  });
}
