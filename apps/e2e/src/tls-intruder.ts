/**
 * Somebody in the middle: takes TLS connections with a certificate of his own, passes on what he hears to the real server and
 * what that answers back, and writes down every byte that he has decrypted. A process of its own, to be put into the network of
 * a host. Tells as JSON lines: `{"kind":"listening"}`, `{"kind":"connection"}`, `{"kind":"heard","base64":…}`.
 */

import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:tls';

const [port = '', target = '', chainFile = '', keyFile = ''] = process.argv.slice(2);
const [host = '', targetPort = ''] = target.split(':');
const tell = (fact: object): void => void process.stdout.write(`${JSON.stringify(fact)}\n`);

const options = { cert: readFileSync(chainFile), key: readFileSync(keyFile), ALPNProtocols: ['h2'] };
const server = createServer(options, (client) => {
  tell({ kind: 'connection' });
  const real = connect({ host, port: Number(targetPort), rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  client.on('data', (bytes) => tell({ kind: 'heard', base64: bytes.toString('base64') }));
  client.pipe(real).pipe(client);
  for (const socket of [client, real]) socket.on('error', () => socket.destroy());
});
server.on('tlsClientError', () => tell({ kind: 'connection' }));
server.listen(Number(port), '0.0.0.0', () => tell({ kind: 'listening' }));
