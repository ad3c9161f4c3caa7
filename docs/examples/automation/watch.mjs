/**
 * Reacts to events of the cluster: node watch.mjs FOLDER, with what `ca automation create --out FOLDER` has written there.
 * Needs the packages @nats-io/transport-node and @nats-io/jetstream.
 */

import { appendFile, readFile } from 'node:fs/promises';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

const folder = process.argv[2];
const { servers, stream, consumer, inboxPrefix, apiPrefix } = JSON.parse(
  await readFile(`${folder}/connection.json`, 'utf8'),
);

/** What your automation does. */
async function react({ type, data }) {
  if (type === 'easycerts.host.joined') process.stdout.write(`joined: ${data.host} at ${data.addresses.join(', ')}\n`);
  if (type === 'easycerts.certificate.renewed') {
    process.stdout.write(`renewed: ${data.certificate} of ${data.host} until ${data.notAfter}\n`);
  }
}

/** A host may speak for itself only: the subject, which the bus checks, must agree with the source, which it does not read. */
function isTrueSource(subject, source) {
  const [, host] = /^easycerts\.v1\.host\.([^.]+)\./.exec(subject) ?? [];
  return host === undefined || source.startsWith(`/hosts/${host}/`);
}

const connection = await connect({
  servers,
  inboxPrefix,
  tls: {
    certFile: `${folder}/tls.crt`,
    keyFile: `${folder}/tls.key`,
    caFile: `${folder}/ca.crt`,
    handshakeFirst: true,
  },
  // The bus may be away for a while: try for ever.
  waitOnFirstConnect: true,
  maxReconnectAttempts: -1,
  ignoreAuthErrorAbort: true,
});
const events = await jetstream(connection, { apiPrefix, checkAPI: false }).consumers.get(stream, consumer);

// An event may come twice: each is handled once, also after a restart.
const handledFile = `${folder}/handled`;
const handled = new Set((await readFile(handledFile, 'utf8').catch(() => '')).split('\n'));
for await (const message of await events.consume({ max_messages: 10, expires: 5_000 })) {
  const event = message.json();
  const key = `${message.subject} ${event.id}`;
  if (isTrueSource(message.subject, event.source) && !handled.has(key)) {
    await react(event);
    await appendFile(handledFile, `${key}\n`);
    handled.add(key);
  }
  // Only now: what is not handled must come again.
  await message.ackAck();
}
