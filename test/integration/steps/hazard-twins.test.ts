import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainTraced } from '../../../src/verdict/hazards/explain.js';
import { startTestPostgres } from '../../support/postgres.js';
import { startContainerPostgres, whyNoContainer } from './container-postgres.js';
import { hazardCases } from './hazard-table.js';
import { longLocks, traceScript } from './twin-run.js';

/** Cases whose statement has no twin, since its text does not tell enough; by the start of their name. */
const withoutTwin = [
  '2 ADD COLUMN constrained domain',
  'ALTER DOMAIN',
  'TRUNCATE',
  'VACUUM', // the table of hazards has no row for it; FULL has no safe form in SQL
  'SELECT',
  'CREATE TABLE is nobody',
  '7 timestamptz → timestamp in UTC', // its twin is the statement itself, which needs its SET before it
];
/** The twin reaches another schema on purpose: a trigger for a generated column, the old column
 * kept, the CHECK that DETACH CONCURRENTLY leaves */
const otherSchema = ['2 ADD COLUMN STORED', '6 ', '7 ', '27 ', '28 ', '23 DETACH'];
/** The twin changes the same rows to the same values. */
const sameData = ['6 ', '22 '];
const isOneOf = (name: string, starts: readonly string[]) => starts.some((start) => name.startsWith(start));

function twinsOn(start: () => Promise<{ url: string; stop(): Promise<void> }>, version: number): void {
  let postgres: { url: string; stop(): Promise<void> };
  beforeAll(async () => {
    postgres = await start();
  });
  afterAll(() => postgres?.stop());

  const cases = hazardCases.filter(({ minVersion = 0 }) => minVersion <= version);
  it.each(cases.map((hazard, at) => ({ name: hazard.hazard, hazard, at })))(
    '$name',
    async ({ name, hazard, at }) => {
      const side = /\bdown\b/.test(name) ? 'rollback' : 'upgrade';
      const before = await traceScript(postgres.url, `hazard_${at}`, hazard, hazard.sql, { side });
      const judged = before.report.statements.at(-1)!;
      const explained = explainTraced(before.report, judged);
      if (isOneOf(name, withoutTwin)) {
        expect(explained?.twin === undefined || !explained.heavy).toBe(true);
        return;
      }
      // The row of the hazard table that the case is of, or of whose safe way it is.
      expect(explained?.number, JSON.stringify(explained)).toBe(Number.parseInt(hazard.row ?? name, 10));
      expect(explained?.twin, JSON.stringify(explained)).toBeDefined();
      const prelude = hazard.twinAfter ?? '';
      const after = await traceScript(
        postgres.url,
        `twin_${at}`,
        { ...(hazard.setup !== undefined && { setup: hazard.setup }) },
        `${prelude}${explained!.twin!}`,
        hazard.holder === undefined ? {} : { cutShort: hazard },
      );
      expect(after.failure, explained!.twin).toBeUndefined();
      expect(longLocks(after.report.statements)).toEqual([]);
      if (hazard.expected.fails === undefined && !isOneOf(name, otherSchema))
        expect(after.schema).toEqual(before.schema);
      if (isOneOf(name, sameData)) expect(after.data).toBe(before.data);
    },
  );
}

describe('the twin of each hazard on Postgres 18', () => twinsOn(() => startTestPostgres(), 18));

const without = await whyNoContainer();
describe.skipIf(without !== undefined)(
  `the twin of each hazard on Postgres 15 in a container${without ? `: ${without}` : ''}`,
  () => twinsOn(startContainerPostgres, 15),
);
