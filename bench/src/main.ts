/** `npm run bench [-- name …] [-- --json FILE] [-- --rounds N]`: every figure a ratio, measured side by side in one run. */

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { agentMemory } from './agent-memory.ts';
import { certmgrSpecs } from './certmgr-specs.ts';
import { burst } from './issuing/burst.ts';
import { caStart } from './issuing/ca-start.ts';
import { grpcStreamed, grpcUnary } from './issuing/grpc-sign.ts';
import { httpSign } from './issuing/http-sign.ts';
import { issueCore } from './issuing/issue-core.ts';
import { stepCa } from './issuing/step-ca.ts';
import { joinBurst } from './join-burst.ts';
import { joinReady } from './join-ready.ts';
import { oneMachineStart } from './one-machine-start.ts';
import { markdownOf, type Result } from './result.ts';

type Benchmark = (rounds: number, say: (line: string) => void) => Promise<Result>;

const benchmarks: Readonly<Record<string, Benchmark>> = {
  'one-machine-start': oneMachineStart,
  'join-burst': joinBurst,
  'join-ready': joinReady,
  'agent-memory': agentMemory,
  ...httpSign,
  'ca-start-vs-cfssl': caStart,
  'burst-vs-ideal': burst,
  'grpc-sign-unary-vs-http': grpcUnary,
  'grpc-sign-streamed-vs-http': grpcStreamed,
  'http-sign-vs-step-ca': stepCa,
  'issue-core-vs-openssl-limit': issueCore,
  'certmgr-10000-specs': certmgrSpecs,
};

const usage = `npm run bench -- [${Object.keys(benchmarks).join('|')}] [--rounds N] [--json FILE]`;

function wrong(what: string): never {
  process.stderr.write(`error: ${what}\n  do: ${usage}\n`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'string' },
        rounds: { type: 'string', default: '3' },
      },
    });
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals } = readArguments();
if (values.help) {
  process.stdout.write(`${usage}\nMeasures what is named, or all, and writes docs/benchmarks.md.\n`);
  process.exit(0);
}
const rounds = Number(values.rounds);
const unknown = positionals.filter((name) => !(name in benchmarks));
if (unknown.length > 0) wrong(`no benchmark ${unknown.join(', ')}`);
if (!Number.isInteger(rounds) || rounds < 1) wrong('--rounds takes a whole number');

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const results: Result[] = [];
for (const [name, run] of Object.entries(benchmarks)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  say(name);
  const result = await run(rounds, say);
  say(`  ratio ${result.ratio.toFixed(2)} (goal ${result.goal})`);
  for (const note of result.notes ?? []) say(`  ${note}`);
  results.push(result);
}
const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
const page = join(import.meta.dirname, '../../docs/benchmarks.md');
writeFileSync(page, markdownOf(results, machine, readFileSync(page, 'utf8')));
if (values.json !== undefined) {
  const rows = results.map(({ name, ratio, ours, theirs, unit }) => ({
    name,
    ratio,
    ours: ours.median,
    theirs: theirs.median,
    unit,
  }));
  writeFileSync(values.json, `${JSON.stringify({ results: rows }, null, 2)}\n`);
}
