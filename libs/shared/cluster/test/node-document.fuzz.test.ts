/** parseNodeDocument: what comes to a node from its master. */

import assert from 'node:assert/strict';
import { fuzz } from '@easycerts/testing/fuzz';
import { parseClusterConfig } from '../src/config/parse-cluster-config.ts';
import { encodeNodeDocument, nodeDocumentOf, parseNodeDocument } from '../src/node-document.ts';

const config = parseClusterConfig('roles: [master, node]\nmasterAddress: api.kube.example', 'x');
const host = { name: 'n1', roles: ['node'], addresses: ['192.0.2.11'] } as const;

fuzz({
  name: 'node-document',
  format: 'json',
  seeds: [
    encodeNodeDocument(nodeDocumentOf(config, host)),
    encodeNodeDocument(nodeDocumentOf(config, host), { rollout: 'x' }),
  ],
  refusals: ['DAMAGED'],
  read(input) {
    const read = parseNodeDocument(Buffer.from(input).toString('utf8'), 'n1');
    assert.deepEqual(parseNodeDocument(encodeNodeDocument(read), 'n1'), read);
    return read;
  },
});
