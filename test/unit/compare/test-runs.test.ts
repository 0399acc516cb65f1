import { describe, expect, test } from 'vitest';
import { runLabels, signFlips } from '../../../src/compare/statistics/relabel.js';
import { closeTest, testRuns, type RunDesign } from '../../../src/compare/test-runs.js';

const margin = { low: -Math.log(1.1), high: Math.log(1.1) };

/** The answer for one gate, of p99s in ms. */
function answer(baseline: number[], candidate: number[], paired = false): { answer: string; reason: string } {
  const [n, m] = [baseline.length, candidate.length];
  const design: RunDesign = {
    ...{ paired, runs: { baseline: n, candidate: m }, alpha: 0.05, margin: 0.1, detect: 0.1 },
    relabelling: paired ? signFlips(n, 1) : runLabels(n, m, 1),
  };
  const open = testRuns(design, baseline.map(Math.log), candidate.map(Math.log), true);
  return closeTest(
    design,
    open,
    { adjustedP: open.p, family: 1, better: 'lower' },
    { log: true, margin, delta: 0.1 },
  );
}

const usual = [10, 10.1, 10.2, 9.9, 10.05, 10.15, 9.95];
const slow = [490, 495, 500, 505, 510, 498, 502, 507];

describe('drops, which are +∞', () => {
  test('one of them in the baseline does not turn a candidate that is slower otherwise into a faster one', () => {
    expect(answer([...usual, Infinity], slow)).toMatchObject({ answer: 'inconclusive' });
    expect(answer([...usual, Infinity], slow).reason).toContain('the other runs say the opposite');
  });

  test('in one run of each side: the ranks of all the others decide', () => {
    expect(answer([...usual, Infinity], [...slow.slice(1), Infinity]).answer).toBe('regressed');
    expect(answer([...slow.slice(1), Infinity], [...usual, Infinity]).answer).toBe('improved');
    expect(answer([...usual, Infinity], [...usual, Infinity]).answer).toBe('inconclusive');
  });

  test('in all candidate runs and no baseline run: never judged more gently than a finite rise', () => {
    const five = usual.slice(0, 5);
    expect(answer(five, [14]).answer).toBe('regressed');
    expect(answer(five, [Infinity]).answer).toBe('regressed');
    expect(answer([Infinity, Infinity, Infinity, Infinity, Infinity], [10]).answer).toBe('improved');
    const all = five.map(() => Infinity);
    expect(answer(five, all, true).answer).toBe('regressed');
    expect(answer(all, all, true).answer).toBe('inconclusive');
    // Too few for anything.
    expect(answer([10, 10.1], [Infinity]).answer).toBe('inconclusive');
  });
});

describe('runs that do not differ among themselves', () => {
  test('are too few to be certain, where none can be relabelled', () => {
    expect(answer([10, 10, 10, 10, 10], [12])).toEqual(
      expect.objectContaining({ answer: 'inconclusive', reason: 'no spread seen in so few runs' }),
    );
    expect(answer([10, 10, 10, 10], [12, 12, 12, 12], true).answer).toBe('inconclusive');
  });

  test('are told apart by relabelling where there are enough', () => {
    const ten = [10, 10, 10, 10, 10, 10];
    const twelve = ten.map(() => 12);
    expect(answer(ten, twelve, true).answer).toBe('regressed');
    expect(answer(ten, twelve).answer).toBe('regressed');
    expect(answer(ten, ten).answer).toBe('equivalent');
  });
});
