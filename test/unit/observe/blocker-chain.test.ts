import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chainsOf } from '../../../src/observe/sampler/blocker-chain.js';

function chains(
  blockers: Record<number, number[]>,
  { steps = [], starts = {} }: { steps?: number[]; starts?: Record<number, number> } = {},
) {
  return chainsOf({
    blockersOf: (pid) => blockers[pid],
    isStep: (pid) => steps.includes(pid),
    transactionStartUs: (pid) => starts[pid] ?? Infinity,
  });
}

describe('chains', () => {
  test('reads behind a queued ALTER behind a long SELECT', () => {
    const of = chains({ 1: [9], 2: [9], 9: [5] }, { steps: [9] });
    expect(of(1)).toMatchObject({ pids: [9, 5], rooted: true, throughStep: true });
    expect(of(2).pids).toEqual([9, 5]);
    expect(of(9)).toMatchObject({ pids: [5], rooted: true, throughStep: false });
  });

  test('through the step, else to the oldest transaction', () => {
    expect(chains({ 1: [2, 3] }, { starts: { 2: 200, 3: 100 } })(1).pids).toEqual([3]);
    expect(chains({ 1: [2, 3] }, { starts: { 2: 200, 3: 100 }, steps: [2] })(1).pids).toEqual([2]);
  });

  test('a deadlock has no root', () => {
    expect(chains({ 1: [2], 2: [1] })(1)).toMatchObject({ pids: [2], rooted: false });
    expect(chains({ 1: [2], 2: [3], 3: [2] })(1)).toMatchObject({ pids: [2, 3], rooted: false });
  });

  test('a waiter whose blockers are unknown is no root', () => {
    expect(chains({ 1: [2], 2: [] })(1)).toMatchObject({ pids: [2], rooted: false });
    expect(chains({ 1: [] })(1)).toMatchObject({ pids: [], rooted: false });
  });

  test('in any graph: no session twice, every link is a blocker, rooted means the last waits for nobody', () => {
    const pid = fc.integer({ min: 1, max: 8 });
    const graph = fc.dictionary(pid.map(String), fc.uniqueArray(pid, { maxLength: 4 }));
    fc.assert(
      fc.property(graph, fc.uniqueArray(pid, { maxLength: 2 }), (blockers, steps) => {
        const of = chains(blockers, { steps });
        for (let waiter = 1; waiter <= 8; waiter++) {
          const chain = of(waiter);
          expect(new Set([waiter, ...chain.pids]).size).toBe(chain.pids.length + 1);
          [waiter, ...chain.pids].reduce((behind, next) => {
            expect(blockers[behind]).toContain(next);
            return next;
          });
          const last = chain.pids.at(-1) ?? waiter;
          if (chain.rooted) expect(blockers[last]).toBeUndefined();
          expect(chain.throughStep).toBe(chain.pids.some((one) => steps.includes(one)));
        }
      }),
    );
  });
});
