/**
 * `node bench/issuing/inventory.ts [records]`: how long the ledger takes to open, and how much memory, by reading a real stream
 * and from the checkpoint. Each opening is a process of its own.
 */

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { connectBus, createLogger, systemClock } from '@easycerts/runtime';
import { startTestBus } from '@easycerts/testing';
import { encodeRecords } from '../../apps/ca/src/core/ledger-record.ts';
import { issueChecked } from '../../apps/ca/src/edge/issue-checked.ts';
import { ledgerStream, ledgerSubjects, openLedger } from '../../apps/ca/src/edge/ledger.ts';
import { signingInPlace } from '../../apps/ca/src/edge/signing/signing.ts';
import { checkedRequest, makeAuthorities, node, now } from '../../apps/ca/test/fixture.ts';

/** As many as one message of the ledger has at most. */
const recordsAMessage = 180;
/** As nats-server's max_pending allows. */
const messagesUnderWay = 32;

const words = process.argv.slice(2);
const [, servers = '', identity = '', checkpoint = ''] = words;
if (words[0] === 'open') await open(servers, identity, checkpoint);
else await main(Number(words[0] ?? 1_000_000));

async function main(records: number): Promise<void> {
  const testBus = await startTestBus();
  try {
    const bus = await testBus.connect('m1', 'master', 'ca');
    const stream = await bus.stream(ledgerStream, ledgerSubjects);
    const authorities = await makeAuthorities();
    const { record } = await issueChecked(await checkedRequest(node, 'kubelet'), {
      authorities,
      signing: signingInPlace(authorities),
      now,
      randomBytes,
    });
    const waiting = new Set<Promise<unknown>>();
    for (let first = 0; first < records; first += recordsAMessage) {
      const made = Array.from({ length: Math.min(recordsAMessage, records - first) }, (_, at) => {
        const hash = createHash('sha256')
          .update(`${first + at}`)
          .digest('hex');
        return { ...record, serial: `1${hash.slice(0, 32)}`, spkiFingerprint: hash, host: `n${(first + at) % 5_000}` };
      });
      const append = stream
        .append('easycerts.v1.ledger.issued', encodeRecords(made))
        .finally(() => waiting.delete(append));
      waiting.add(append);
      if (waiting.size >= messagesUnderWay) await Promise.race(waiting);
    }
    await Promise.all(waiting);
    process.stdout.write(`${records} records are in the stream\n`);
    const identity = await testBus.identity('m1', 'master');
    const path = join(testBus.server.directory, 'ledger.index');
    for (const what of ['the stream', 'the checkpoint', 'the checkpoint', 'the checkpoint']) {
      const given = [import.meta.filename, 'open', testBus.servers.join(','), identity, path];
      const { stdout } = await promisify(execFile)(process.execPath, given);
      process.stdout.write(`from ${what}: ${stdout}`);
    }
  } finally {
    await testBus.close();
  }
}

async function open(servers: string, identityDirectory: string, checkpointPath: string): Promise<void> {
  const logger = createLogger({ service: 'ca', level: 'error' });
  const origin = { host: 'm1', service: 'ca' };
  const bus = await connectBus({ servers: servers.split(','), identityDirectory, origin, clock: systemClock, logger });
  await bus.whenConnected(10_000);
  const stream = await bus.stream(ledgerStream, ledgerSubjects);
  const begunMs = performance.now();
  const ledger = await openLedger({ stream, logger, checkpointPath });
  const openMs = performance.now() - begunMs;
  const rssMiB = process.memoryUsage.rss() / 2 ** 20;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const closedMs = performance.now();
  await ledger.close();
  const closeMs = performance.now() - closedMs;
  const figures = [`${openMs.toFixed(0)} ms`, `${ledger.size} records`, `${rssMiB.toFixed(0)} MiB RSS`];
  const most = process.resourceUsage().maxRSS / 1024;
  const closing = `close ${closeMs.toFixed(0)} ms, event loop held at most ${(delay.max / 1e6).toFixed(0)} ms`;
  process.stdout.write(`${[...figures, `at most ${most.toFixed(0)} MiB`, closing].join(', ')}\n`);
  await bus.close();
}
