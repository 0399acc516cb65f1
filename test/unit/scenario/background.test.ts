import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../src/scenario/load-scenario.js';
import { problemsOf, shopWith } from './support.js';

const job = `    kind: longTransaction
    sql: select count(*) from orders
`;
const found = async (text: string, more: [string, string][] = []) =>
  (await problemsOf(await shopWith([job, text], ...more))).map(({ path, message }) => `${path}: ${message}`);

describe('the kinds of background jobs', () => {
  it.each([
    ['    kind: preparedTransaction\n    sql: select count(*) from orders\n'],
    ['    kind: antiWraparoundVacuum\n    table: orders\n'],
  ])('%s collides as the others do', async (text) => {
    expect(await found(text)).toEqual([]);
    const { scenario } = await loadScenario(await shopWith([job, text]));
    expect(scenario.background['report']?.collide).toHaveLength(2);
  });

  it('each have what they run, and nothing else', async () => {
    expect(await found('    kind: preparedTransaction\n    table: orders\n')).toEqual([
      'background.report: runs nothing',
      'background.report.table: preparedTransaction takes no table',
    ]);
    expect(await found('    kind: antiWraparoundVacuum\n    sql: vacuum orders\n    every: 10s\n')).toEqual([
      'background.report: vacuums no table',
      'background.report.sql: a vacuum runs no sql of its own',
      'background.report.every: a vacuum is held for a step, and does not run on a schedule',
    ]);
  });

  it('a prepared transaction is not forbidden by a setting', async () => {
    expect(
      await found('    kind: preparedTransaction\n    sql: select 1\n', [
        ['max_connections: 100', 'max_connections: 100, max_prepared_transactions: 0'],
      ]),
    ).toEqual([
      expect.stringContaining('environment.database.settings.max_prepared_transactions') as unknown,
    ]);
  });
});
