import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { judge, type ResultView } from '../../../src/index.js';
import { judgeSoFar } from '../../../src/serve/live/judge-so-far.js';
import { plantResult } from '../../support/planted-result.js';
import { sampleView } from '../../unit/report/sample-view.js';

const root = mkdtempSync(join(tmpdir(), 'dten-so-far-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('a run in progress', () => {
  const view = sampleView();
  const { fingerprint, lockCoverage } = view;

  /** The same run, so many seconds later, with nothing more told. */
  const after = (seconds: number): ResultView => {
    const last = view.seconds.at(-1)!.second;
    const more = Array.from({ length: seconds }, (_, i) => ({ second: last + 1 + i, tallies: [] }));
    const atUs = (last + seconds + 7) * 1_000_000;
    return {
      ...view,
      seconds: [...view.seconds, ...more],
      events: [...view.events, { type: 'note', message: 'goes on', atUs, seq: view.events.length }],
    };
  };

  test('the findings it proves already are those of the end, without what is still missing', async () => {
    const later = after(20);
    const dir = await plantResult(join(root, 'whole'), later, { sealed: false });
    const { findings, asOfUs } = await judgeSoFar({ dir, fingerprint, lockCoverage });
    const told = findings.flatMap((group) => group.findings);
    const end = judge(later).findings.filter(({ weight }) => weight === 'NO-GO');
    expect(told.map(({ rule }) => rule)).toEqual(['latency']);
    expect(told.every(({ weight }) => weight === 'NO-GO')).toBe(true);
    for (const { rule, what } of told) expect(end).toContainEqual(expect.objectContaining({ rule, what }));
    expect(asOfUs).toBe((view.seconds.at(-1)!.second + 21) * 1_000_000);
  });

  test('a window that is not full yet may still pass, and is not told', async () => {
    // The finding's window ends at 17 s and is 10 s wide; at 20 s its requests are not all in.
    const dir = await plantResult(join(root, 'young'), after(0), { sealed: false });
    const { findings, asOfUs } = await judgeSoFar({ dir, fingerprint, lockCoverage });
    expect(findings).toEqual([]);
    expect(asOfUs).toBe(20_000_000);
  });

  test('no further than what is settled: what comes late may not be told yet', async () => {
    const dir = await plantResult(join(root, 'late'), view, { sealed: false });
    const { asOfUs } = await judgeSoFar({ dir, fingerprint, lockCoverage });
    expect(asOfUs).toBe(Math.max(...view.events.map(({ atUs }) => atUs)) - 6_000_000);
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
