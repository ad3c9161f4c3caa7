/** Stands in for our executable where only the supervisor is tested: `prepare` and `joiner run`, as told by STAND_IN. */

import { appendFileSync } from 'node:fs';

const plan = JSON.parse(process.env.STAND_IN ?? '{}');
const [command] = process.argv.slice(2);
const note = (word) => appendFileSync(plan.notes, `${word}\n`);

if (command === 'prepare') {
  process.send?.({ step: 'authorities' });
  process.send?.({ step: 'configuration' });
  if (plan.prepareFails) {
    process.stderr.write(`${JSON.stringify({ error: { code: 'INVALID_CONFIG', message: 'bad key', details: {} } })}\n`);
    process.exit(2);
  }
  note('prepared');
  process.disconnect?.();
} else {
  note('joiner');
  if (plan.joinerEnds) process.exit(1);
  process.on('SIGTERM', () => {
    if (plan.joinerIgnoresTerm) return;
    note('joiner stopped');
    process.exit(0);
  });
  setInterval(() => undefined, 1000);
}
