import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestPostgres } from '../../support/postgres.js';
import { startContainerPostgres, whyNoContainer } from './container-postgres.js';
import type { StatementTrace } from '../../../src/model/observation.js';
import { expectedOf, runHazardCase, shownBy } from './hazard-run.js';
import { hazardCases, type HazardExpectation } from './hazard-table.js';
import { openSession } from './pg-sessions.js';

interface Started {
  url: string;
  stop(): Promise<void>;
}

/** Locks, rewrites, scans and the end of the statement, exactly. */
function expectTrace(trace: StatementTrace, expected: HazardExpectation): void {
  expect(shownBy(trace)).toEqual(expectedOf(expected));
  // An index that CONCURRENTLY drops or swaps is nobody's any more when its AccessExclusive comes.
  expect(
    trace.polled &&
      trace.rewrites.length === 0 &&
      trace.locks.some((l) => l.relkind === 'i' && !l.created && l.mode.startsWith('Access')),
  ).toBe(false);
}

/** Every row of the hazard table that the server's version can run. */
function hazardsOn(start: () => Promise<Started>, version: number): void {
  let postgres: Started;
  beforeAll(async () => {
    postgres = await start();
    await using session = await openSession(postgres.url);
    const { rows } = await session.query(
      "select current_setting('server_version_num')::int / 10000 as major",
    );
    expect(rows).toEqual([{ major: version }]);
  });
  afterAll(() => postgres?.stop());

  const cases = hazardCases.filter(({ minVersion = 0 }) => minVersion <= version);
  it.each(cases.map((hazard, at) => ({ name: hazard.hazard, hazard, at })))(
    '$name',
    async ({ hazard, at }) => {
      const trace = (await runHazardCase(postgres.url, hazard, `hazard_${at}`)).at(-1);
      expect(trace).toBeDefined();
      expectTrace(trace!, hazard.expected);
    },
  );
}

describe('the hazard table on Postgres 18', () => hazardsOn(() => startTestPostgres(), 18));

const without = await whyNoContainer();
describe.skipIf(without !== undefined)(
  `the hazard table on Postgres 15 in a container${without ? `: ${without}` : ''}`,
  () => hazardsOn(startContainerPostgres, 15),
);
