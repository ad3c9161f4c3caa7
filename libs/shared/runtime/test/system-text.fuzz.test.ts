/** What other programs of the machine print: systemctl, the kernel, nats-server's log. */

import assert from 'node:assert/strict';
import { fuzz } from '@easycerts/testing/fuzz';
import { parseNatsLogLine } from '../src/bus/nats-log-line.ts';
import { parseMountInfo } from '../src/control-groups/mountinfo.ts';
import {
  parseProperties,
  parseTimeSpanMs,
  statusOf,
  unitProperties,
} from '../src/service-manager/systemd-properties.ts';

const block = unitProperties.map((name) => `${name}=1`).join('\n');

fuzz({
  name: 'system-text',
  format: 'text',
  seeds: [
    block.replace('ActiveState=1', 'ActiveState=active').replace('RestartUSec=1', 'RestartUSec=1min 30s'),
    'LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\nMainPID=0\nExecMainCode=1\nExecMainStatus=203\n',
    '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n',
    '[7] 2020/01/01 12:00:00.000000 [ERR] 10.0.0.5:4711 - cid:13 - "v3.4.0:nats.js:name" - "NODES/user:nodes/n1" - Publish Violation - Nkey "UA", Subject "a.b"',
    '[7] 2020/01/01 12:00:00.000000 [ERR] [2001:db8::1]:4711 - cid:13 - TLS handshake error: tls: bad certificate',
  ],
  words: ['\n\n', '=', 'ActiveState=', 'infinity', '1min 30s', '\\040', ' - ', 'Subscription Violation - ', 'cid:1 - '],
  refusals: [],
  read(input) {
    const text = Buffer.from(input).toString('utf8');
    const units = parseProperties(text, 1);
    for (const unit of units ?? []) {
      const status = statusOf(unit, 1_000_000, 1_000);
      assert.ok(status !== undefined);
      const span = parseTimeSpanMs(unit.RestartUSec);
      assert.ok(span === undefined || span >= 0);
    }
    const line = parseNatsLogLine(text);
    if (line !== undefined) assert.ok(line.detail.length <= 300 && line.subject.length <= 300);
    return units !== undefined || line !== undefined || parseMountInfo(text).length > 0;
  },
});
