import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Trend } from '../../src/model/trend.js';
import { plantNights, plantResult, type PlantedRun } from '../support/planted-results.js';
import { nightly } from '../unit/compare/noise.js';
import { dten } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

const folder = () => mkdtempSync(join(tmpdir(), 'dten-e2e-trend-'));
const upgradeP99 = 'latency/create order/upgrade/p99';

/** Thirty nights; from the 20th on, the upgrade's p99 by that factor. */
function nights(factor: number, more: (night: number) => PlantedRun = () => ({})): PlantedRun[] {
  const p99 = nightly(17, 30, { spread: 0.03, levels: { 20: factor } });
  return p99.map((p99Ms, night) => ({
    p99Ms,
    revision: { commit: String(night).padStart(40, 'a'), branch: 'main', dirty: false },
    ...more(night),
  }));
}

async function trendJson(args: string[]): Promise<{ code: number | null; trend: Trend; stderr: string }> {
  const ended = await dten(['trend', '--json', ...args]);
  expect(ended.stdout, ended.stderr).toMatch(/^\{/);
  return { code: ended.code, trend: JSON.parse(ended.stdout) as Trend, stderr: ended.stderr };
}

test('a planted change is found where it is, with its results and revisions; --fail-on-change makes it exit 1', async () => {
  const root = folder();
  const dirs = plantNights(root, nights(1.4));
  const { code, trend } = await trendJson([root]);
  expect(code).toBe(0);
  const [orders] = trend.scenarios;
  const [change] = orders!.measures.find(({ measure }) => measure === upgradeP99)!.changes;
  expect(change).toMatchObject({ at: 20, before: 19, direction: 'worse', stands: true });
  expect(orders!.runs[20]).toMatchObject({ dir: dirs[20], revision: { commit: '20'.padStart(40, 'a') } });
  expect(orders!.runs).toHaveLength(30);

  const failing = await dten(['trend', root, '--fail-on-change']);
  expect(failing.code).toBe(1);
  expect(failing.stdout).toContain(`before  ${basename(dirs[19]!)}, revision aaaaaaaaaaaa`);
  expect(failing.stdout).toContain(`after   ${basename(dirs[20]!)}`);
}, 60_000);

test.each([
  ['nothing changed', 1, [], 0],
  ['nothing changed', 1, ['--fail-on-change', '--any'], 0],
  ['for the better', 0.6, ['--fail-on-change'], 0],
  ['for the better, any', 0.6, ['--fail-on-change', '--any'], 1],
  ['of another measure', 1.4, ['--fail-on-change', '--measure', 'steps/*'], 0],
  ['of this measure', 1.4, ['--fail-on-change', '--measure', 'latency/*/upgrade/p99'], 1],
  ['too small', 1.4, ['--fail-on-change', '--magnitude', '60%'], 0],
  ['too few since', 1.4, ['--fail-on-change', '--since', '2026-06-21'], 3],
  ['too few of the last', 1.4, ['--fail-on-change', '--last', '9'], 3],
  ['all since before', 1.4, ['--fail-on-change', '--since', '2026-06-01T02:00:00Z'], 1],
] as const)('%s (by %d) with %j: exit %i', async (_, factor, flags, code) => {
  const root = folder();
  plantNights(root, nights(factor));
  const ended = await dten(['trend', root, ...flags]);
  expect(ended.code, ended.stdout + ended.stderr).toBe(code);
  if (code === 3) expect(ended.stdout).toMatch(/too few runs to tell: \d+ of the 16/);
});

test('INVALID, incomplete and unreadable results are left out by name', async () => {
  const root = folder();
  const dirs = plantNights(
    root,
    nights(1, (night) => {
      if (night === 3) return { verdict: 'INVALID', p99Ms: 9_999 };
      if (night === 5) return { ended: 'interrupted' };
      if (night === 7) return { cut: true };
      if (night === 9) return { text: '{"schema":"dten.result/1","id"' };
      if (night === 11) return { text: '{"schema":"dten.result/9"}' };
      return night === 13 ? { verdict: 'NO-GO' } : {};
    }),
  );
  const { code, trend } = await trendJson([root]);
  expect(code).toBe(0);
  const [orders] = trend.scenarios;
  expect(orders!.runs).toHaveLength(25);
  expect(orders!.leftOut.map(({ dir, why }) => [dirs.indexOf(dir), why])).toEqual([
    [3, 'INVALID: it cannot be told: the harness was late'],
    [5, 'interrupted'],
    [7, 'cut short: it has no result.json'],
    [9, expect.stringContaining('result.json: ') as string],
    [11, expect.stringContaining('result.json: schema') as string],
  ]);
  const text = await dten(['trend', root]);
  for (const at of [3, 5, 7, 9, 11]) expect(text.stdout).toContain(`left out  ${basename(dirs[at]!)}: `);
});

test('a scenario has a trend of its own, and one for each way back', async () => {
  const root = folder();
  const ways = ['steps', 'snapshot'] as const;
  plantNights(
    root,
    nights(1).flatMap((run) => ways.map((way) => ({ ...run, way }))),
  );
  plantNights(root, [{ scenario: 'other' }, { scenario: 'other' }]);
  const { code, trend } = await trendJson([root]);
  // Of `other` nothing can be told, and that is no pass.
  expect(code).toBe(3);
  expect(
    trend.scenarios.map(({ scenario, way, runs, state }) => [scenario, way, runs.length, state]),
  ).toEqual([
    ['orders', 'steps', 30, 'told'],
    ['orders', 'snapshot', 30, 'told'],
    ['other', 'steps', 2, 'too few'],
  ]);
  expect((await dten(['trend', join(root, 'orders')])).code).toBe(0);
  expect((await dten(['trend', 'orders', '--results', root])).code).toBe(0);
});

test('by the scenario itself', async () => {
  const scenario = smallScenario();
  const root = folder();
  plantNights(
    root,
    nights(1, () => ({ scenario: 'small' })),
  );
  const ended = await dten(['trend', scenario, '--results', root]);
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stdout).toContain('small: 30 runs');
});

test('--last says what it left unread', async () => {
  const root = folder();
  plantNights(root, nights(1));
  expect((await dten(['trend', root, '--last', '20'])).stdout).toContain(
    '20 runs, 2026-06-11 to 2026-06-30, 10 older ones not read',
  );
});

test('a folder of hostile names is read like others', async () => {
  const root = folder();
  plantNights(
    root,
    nights(1.4, () => ({ endpoints: ['\u001b[2J<b>"\n'], scenario: '..%2f$(x) "y"' })),
  );
  const ended = await dten(['trend', root, '--fail-on-change']);
  expect(ended.code).toBe(1);
  expect(ended.stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});

test('wrong input: exit 2, all at once, with the way out', async () => {
  const root = folder();
  plantResult(root, {});
  const flags = await dten([
    'trend',
    root,
    '--last',
    '0',
    '--since',
    'yesterday',
    '--magnitude',
    'x',
    '--any',
  ]);
  expect(flags.code).toBe(2);
  expect(flags.stderr.match(/^--\w+: /gm)).toEqual(['--last: ', '--magnitude: ', '--since: ', '--any: ']);

  const measure = await dten(['trend', root, '--measure', 'latncy/*']);
  expect(measure.code).toBe(2);
  expect(measure.stderr).toContain('no measure matches "latncy/*"');
  expect(measure.stderr).toContain('latency/create order/baseline/p50');

  const empty = join(folder(), 'none');
  mkdirSync(empty);
  writeFileSync(join(empty, 'x'), '');
  for (const path of [join(empty, 'x'), join(empty, 'nothing')]) {
    const ended = await dten(['trend', path]);
    expect(ended.code, path).toBe(2);
  }
  expect((await dten(['trend', 'nothing', '--results', empty])).stderr).toContain('there is no result in');
});
