/** Certificates a second over HTTP and HTTPS, ours with ledger and full self-check, against cfssl with and without a database. */

import type { Result } from '../result.ts';
import { type Comparison, compare } from './compare.ts';
import { cfssl, ours } from './sides.ts';

const sign = { isPlain: true, isOpen: true };
const authsign = { isPlain: false, isOpen: false };
const durable = ours({ ...sign, hasLedger: true });
const forgetful = ours({ ...sign, hasLedger: false });
const withPostgres = cfssl({ ...sign, hasDatabase: true });
const alone = cfssl({ ...sign, hasDatabase: false });

const rows: readonly Comparison[] = [
  row('http-sign-c16-vs-cfssl-postgres', durable, withPostgres, 16, '≥ 6'),
  row('http-sign-c64-vs-cfssl-postgres', durable, withPostgres, 64, '≥ 10'),
  row('http-sign-c16-vs-cfssl', durable, alone, 16, '≥ 1'),
  row('http-sign-c64-vs-cfssl', durable, alone, 64, '≥ 1.3, p99 not above'),
  row('http-sign-c64-without-ledger-vs-cfssl', forgetful, alone, 64, '≥ 1.5'),
  {
    name: 'https-authsign-c64-vs-cfssl',
    what: 'certificates by `authsign` over HTTPS; theirs: `cfssl serve` 1.6.5 without database',
    ours: ours({ ...authsign, hasLedger: true }),
    theirs: cfssl({ ...authsign, hasDatabase: false }),
    connections: 64,
    goal: '≥ 1.3',
  },
];

export const httpSign: Readonly<Record<string, (rounds: number, say: (line: string) => void) => Promise<Result>>> =
  Object.fromEntries(rows.map((one) => [one.name, (rounds, say) => compare(one, rounds, say)]));

function row(
  name: string,
  mine: Comparison['ours'],
  theirs: Comparison['theirs'],
  connections: number,
  goal: string,
): Comparison {
  const what = `certificates by \`sign\` over HTTP, ${connections} connections; ${mine.name === 'ours' ? '' : 'ledger off; '}theirs: ${theirs.name}, 1.6.5`;
  return { name, what, ours: mine, theirs, connections, goal };
}
