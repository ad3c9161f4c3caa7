/** Uses the bus in a process of its own, so that it can be put into the network of a sandbox. */

import { text } from 'node:stream/consumers';
import { connectBus, systemClock } from '@easycerts/runtime';
import { silentLogger } from '@easycerts/testing';
import type { BusCall } from './call-bus.ts';

const connectTimeoutMs = 30_000;
const [identityDirectory = ''] = process.argv.slice(2);
const call = JSON.parse(await text(process.stdin)) as BusCall;
const bus = await connectBus({
  servers: ['tls://127.0.0.1:4222'],
  identityDirectory,
  origin: { host: 'e2e', service: 'e2e' },
  clock: systemClock,
  logger: silentLogger(),
});
const found: string[] = [];
try {
  await bus.whenConnected(connectTimeoutMs);
  if (call.kind === 'put') {
    await (await bus.bucket(call.bucket)).put(call.key, Buffer.from(call.value));
  } else {
    const stream = await bus.stream(call.stream, [call.subject]);
    for await (const { data } of stream.read(1)) found.push(Buffer.from(data).toString('utf8'));
  }
} finally {
  await bus.close();
}
process.stdout.write(JSON.stringify(found));
