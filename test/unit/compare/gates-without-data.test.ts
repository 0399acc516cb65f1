import { describe, expect, test } from 'vitest';
import { comparisonExitCode } from '../../../src/cli/print-comparison.js';
import { compareRuns, type CompareOptions } from '../../../src/compare/compare-runs.js';
import { gateProblems, parseGate } from '../../../src/compare/gates.js';
import { profileRun } from '../../../src/compare/profile/profile-run.js';
import type { RunProfile } from '../../../src/compare/profile/run-profile.js';
import { simulatedRun, verdictOf } from '../../support/simulated-runs.js';
import { buildView } from '../verdict/build-view.js';

const options: CompareOptions = {
  ...{ margin: 0.1, detect: 0.1, gates: [], variance: undefined, includeInvalid: false, seed: 1 },
};
const gatesOf = (...texts: string[]) => texts.flatMap((text) => parseGate(text) ?? []);

/** Six runs; the candidate's a fifth faster, so that `p50` of the soak, a gate, has its answer. */
function arm(side: number): RunProfile[] {
  return Array.from({ length: 6 }, (_, i) => {
    const at = { draw: i * 2 + side + 1, seed: i + 1, startedAtMin: i * 2 + side };
    const load = { ratePerSecond: 100, seconds: 30, runSd: 0.01, factor: side === 0 ? 1 : 0.8 };
    return simulatedRun({ ...at, ...load, objectives: { latency: { p50: '250ms' } } });
  });
}

function withFact(runs: readonly RunProfile[], name: string, values: readonly (number | null)[]) {
  return runs.map((run, i) => ({
    ...run,
    measures: run.measures.map((one) => (one.name === name ? { ...one, value: values[i] ?? null } : one)),
  }));
}

describe('a gate of one side', () => {
  const sideOf = (endpoint: string, objectives: object = {}) => {
    const endpoints = { read: { request: { path: '/' } }, [endpoint]: { request: { path: '/x' } } };
    const view = buildView({ perSecond: 20, phases: { warmup: 0 }, endpoints, objectives });
    return profileRun(view, verdictOf('GO'), { dir: endpoint });
  };
  const gatesFound = (runs: [RunProfile, RunProfile], ...texts: string[]) => {
    const found = compareRuns([runs[0]], [runs[1]], { ...options, gates: gatesOf(...texts) });
    const gates = found.cells.filter(({ gate }) => gate);
    return {
      found,
      gates: gates.map(({ endpoint, phase, answer, reason }) => [endpoint, phase, answer, reason]),
    };
  };

  test('is refused by name, whichever side has it, and it could not tell', () => {
    const { found, gates } = gatesFound([sideOf('old'), sideOf('new')], 'old:p50@soak', 'new:p50@soak');
    expect(gates).toEqual([
      ['old', 'soak', 'refused', 'only in the baseline'],
      ['new', 'soak', 'refused', 'only in the candidate'],
    ]);
    expect(found.verdict).toBe('could not tell');
    expect(found.because).toEqual([
      'no data for old p50 in soak: only in the baseline',
      'no data for new p50 in soak: only in the candidate',
    ]);
  });

  test('counts where a latency objective names the endpoint, not where it is of all endpoints', () => {
    const named = { latency: [{ endpoint: 'old', p50: '250ms' }] };
    expect(gatesFound([sideOf('old', named), sideOf('new')]).gates).toEqual([
      ['old', 'soak', 'refused', 'only in the baseline'],
      ['old', 'recovery', 'refused', 'only in the baseline'],
    ]);
    const every = { latency: { p50: '250ms' } };
    const { gates } = gatesFound([sideOf('old', every), sideOf('new', every)]);
    expect(gates.map(([endpoint]) => endpoint)).toEqual(['read', 'read']);
  });
});

test('a gate that matches nothing of either side is a problem, with what was meant', () => {
  const runs = arm(0);
  expect(gateProblems(gatesOf('raed:p99', 'read:p99', 'p99@recovery', 'p99.5'), runs)).toEqual([
    {
      file: '--gate',
      message: '"raed:p99" matches nothing of either side',
      hint: 'did you mean "read"? endpoints: read',
    },
    expect.objectContaining({ message: '"p99@recovery" matches nothing of either side' }),
    expect.objectContaining({
      message: '"p99.5" matches nothing of either side',
      hint: expect.stringContaining('p99.9@soak') as string,
    }),
  ]);
});

test('a fact of correctness that only the baseline knows: could not tell; unknown in one run: with --strict', () => {
  const name = 'acknowledged writes lost';
  const none = [0, 0, 0, 0, 0, 0];
  const conclude = (a: readonly (number | null)[], b: readonly (number | null)[]) =>
    compareRuns(withFact(arm(0), name, a), withFact(arm(1), name, b), options);
  const known = conclude(none, none);
  expect([known.verdict, comparisonExitCode(known, false), comparisonExitCode(known, true)]).toEqual([
    'nothing worse',
    0,
    0,
  ]);
  const lost = conclude(none, []);
  expect([lost.verdict, comparisonExitCode(lost, false)]).toEqual(['could not tell', 3]);
  expect(lost.because).toEqual([
    'no data for acknowledged writes lost: not known on the side of the candidate',
  ]);
  const partly = conclude(none, [0, 0, null, 0, 0, 0]);
  expect([partly.verdict, comparisonExitCode(partly, false), comparisonExitCode(partly, true)]).toEqual([
    'nothing worse',
    0,
    3,
  ]);
  expect(partly.because).toContain('1 of correctness without an answer');
  // What regressed is told all the same.
  const slower = withFact(arm(1), name, []).map((run) => ({
    ...run,
    measures: run.measures.map((one) => (one.name === 'steps failed' ? { ...one, value: 1 } : one)),
  }));
  expect(compareRuns(withFact(arm(0), name, none), slower, options).verdict).toBe('regressed');
});
