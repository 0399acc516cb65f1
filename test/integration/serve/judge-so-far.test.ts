import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { judge } from '../../../src/index.js';
import { judgeSoFar } from '../../../src/serve/live/judge-so-far.js';
import { plantResult } from '../../support/planted-result.js';
import { sampleView } from '../../unit/report/sample-view.js';

const root = mkdtempSync(join(tmpdir(), 'dten-so-far-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('a run in progress', () => {
  const view = sampleView();
  const { fingerprint, lockCoverage } = view;

  test('the findings it proves already are those of the end, without what is still missing', async () => {
    const dir = await plantResult(join(root, 'whole'), view, { sealed: false });
    const { findings, asOfUs } = await judgeSoFar({ dir, fingerprint, lockCoverage });
    const told = findings.flatMap((group) => group.findings);
    const end = judge(view).findings.filter(({ weight }) => weight === 'NO-GO');
    expect(told.length).toBeGreaterThan(0);
    expect(told.every(({ weight }) => weight === 'NO-GO')).toBe(true);
    for (const { rule, what } of told) expect(end).toContainEqual(expect.objectContaining({ rule, what }));
    expect(told.map(({ rule }) => rule)).not.toContain('queue-hazard-not-exercised');
    expect(asOfUs).toBeGreaterThanOrEqual((view.seconds.at(-1)!.second + 1) * 1_000_000);
  });

  test('before the upgrade there is nothing to tell, however much is missing', async () => {
    const upgradeUs = view.phases.find(({ phase }) => phase === 'upgrade')!.fromUs;
    const early = {
      ...view,
      events: view.events.filter(({ atUs }) => atUs < upgradeUs),
      seconds: view.seconds.filter(({ second }) => second * 1_000_000 < upgradeUs - 1_000_000),
      series: view.series.filter(({ second }) => second * 1_000_000 < upgradeUs - 1_000_000),
      lockWaits: [],
    };
    const dir = await plantResult(join(root, 'early'), early, { sealed: false });
    expect((await judgeSoFar({ dir, fingerprint, lockCoverage })).findings).toEqual([]);
  });
});
