import type * as dataModule from '../../src/environment/provision.js';
import { startTestRun } from '../support/run-context.js';
import { built } from './built.js';
import { median, printTable, type Bench } from './goals.js';

const { provision } = await built<typeof dataModule>('environment/provision.js');

const rows = 1_000_000;
const rounds = 3;
const goalPerSecond = 200_000;

/** Rows a second of one load into a narrow table with a primary key, as the run itself notes them. */
async function loadOnce(seed: number): Promise<number> {
  const run = await startTestRun(
    {
      database: {},
      data: [
        { sql: 'create table narrow (id bigint primary key, customer int not null, amount int not null)' },
        {
          rows: {
            narrow: {
              count: rows,
              columns: { id: { sequence: {} }, customer: { int: [1, 5000] }, amount: { int: [1, 100_000] } },
            },
          },
        },
      ],
    },
    { seed },
  );
  try {
    await provision(run.ctx);
    for (const event of run.events) {
      const rate = event.type === 'note' ? /\(([\d\s]+) rows\/s\)$/.exec(event.message)?.[1] : undefined;
      if (rate !== undefined) return Number(rate.replaceAll(/\s/g, ''));
    }
    throw new Error('the run noted no rate');
  } finally {
    await run.end();
  }
}

/** Generated rows by COPY into the embedded Postgres, generation and primary key included. */
export const run: Bench = async () => {
  const rates: number[] = [];
  for (let round = 1; round <= rounds; round++) rates.push(await loadOnce(round));
  printTable([
    ['generated rows by COPY', 'rows', 'rows/s'],
    ...rates.map((rate, at) => [`round ${at + 1}`, String(rows), String(rate)]),
  ]);
  const middle = median(rates);
  return [
    {
      goal: `COPY of narrow rows ≥${goalPerSecond} rows/s (median of ${rounds})`,
      measured: `${middle} rows/s`,
      met: middle >= goalPerSecond,
    },
  ];
};
