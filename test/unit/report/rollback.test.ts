import { describe, expect, it } from 'vitest';
import { compareRollbacks } from '../../../src/compare/rollback-ways.js';
import type { RollbackReport } from '../../../src/model/rollback.js';
import {
  renderRollbackComparison,
  renderRollbackComparisonMarkdown,
} from '../../../src/report/rollback-comparison.js';
import { rollbackFacts } from '../../../src/report/rollback-facts.js';

const steps: RollbackReport = {
  way: 'steps',
  outcome: 'ok',
  tookMs: 12_300,
  downMs: 0,
  unknownSeconds: 0,
  parts: [],
  snapshot: null,
  writesLost: { lost: 0, discarded: 0, acknowledged: 900, oldestMs: null, unaudited: 0 },
  residue: null,
  secondUpgrade: { outcome: 'ok', tookMs: 2000 },
  noReturn: [],
  noReturnText: 'none found',
};
const snapshot: RollbackReport = {
  ...steps,
  way: 'snapshot',
  tookMs: 2100,
  downMs: 3000,
  writesLost: null,
  parts: [
    { part: 'stop', ms: 200 },
    { part: 'put back', ms: null },
  ],
  secondUpgrade: {
    outcome: 'failed',
    tookMs: 10,
    failedStep: 'upgrade.add\u001b[31m note',
    message: 'exists',
  },
};
const comparison = compareRollbacks([
  { dir: 'a', verdict: 'GO', rollback: steps },
  { dir: 'b', verdict: 'NO-GO', rollback: snapshot },
]);

describe('two ways back', () => {
  it('stand beside each other; what was not measured is unknown, what was none is 0', () => {
    const text = renderRollbackComparison(comparison, { color: false, width: 100 });
    const rows = text.split('\n').map((line) => line.trim().split(/\s{2,}/));
    expect(rows[1]).toEqual(['way back', 'took', 'down', 'writes lost', 'residue', 'verdict']);
    expect(rows[2]).toEqual(['steps', '12.3 s', '0 ms', '0', 'unknown', 'GO']);
    expect(rows[3]).toEqual(['snapshot', '2.1 s', '3 s', 'unknown', 'unknown', 'NO-GO']);
    expect(text).toContain('unknown: not measured');
    const markdown = renderRollbackComparisonMarkdown(comparison);
    expect(markdown).toContain('| snapshot | 2.1 s | 3 s | unknown | unknown | NO-GO |');
  });

  it('no loss of what was looked for stands alone, where some was not looked for or given up', () => {
    const { writesLost } = steps;
    const partly = { ...steps, writesLost: { ...writesLost!, discarded: 12, unaudited: 1_924 } };
    const [row] = renderRollbackComparisonMarkdown(
      compareRollbacks([{ dir: 'a', verdict: 'GO', rollback: partly }]),
    )
      .split('\n')
      .slice(4);
    expect(row).toContain('| 0, 12 discarded, 1 924 not looked for |');
    expect(rollbackFacts(partly).find(({ label }) => label === 'writes')?.text).toBe(
      '0 lost of 900 acknowledged; 12 discarded as declared; 1 924 could not be looked for',
    );
  });

  it('a result that tells nothing of its rollback is all unknown', () => {
    const [way] = compareRollbacks([{ dir: 'c', verdict: 'INVALID', rollback: undefined }]).ways;
    expect(way).toMatchObject({
      tookMs: null,
      downMs: null,
      writesLost: null,
      writesDiscarded: null,
      writesUnaudited: null,
      residue: null,
      outcome: 'not run',
    });
  });
});

it('the facts of one way back', () => {
  const facts = Object.fromEntries(rollbackFacts(snapshot).map(({ label, text }) => [label, text]));
  expect(facts['of it']).toBe('stop 200 ms, put back not seen to its end');
  expect(facts.writes).toContain('unknown, no ledger');
  expect(facts.again).toContain('add␛[31m note: exists');
  expect(rollbackFacts(steps).find(({ label }) => label === 'writes')?.text).toBe(
    '0 lost of 900 acknowledged',
  );
});
