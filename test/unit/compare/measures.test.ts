import { expect, test } from 'vitest';
import { compareRuns, type CompareOptions } from '../../../src/compare/compare-runs.js';
import { profileRun } from '../../../src/compare/profile/profile-run.js';
import type { RunProfile } from '../../../src/compare/profile/run-profile.js';
import type { ComparisonMeasure } from '../../../src/model/comparison.js';
import { verdictOf } from '../../support/simulated-runs.js';
import { buildView } from '../verdict/build-view.js';

const options: CompareOptions = {
  ...{ margin: 0.1, detect: 0.1, gates: [], variance: undefined, includeInvalid: false, seed: 1 },
};
const base = profileRun(buildView({ perSecond: 20, phases: { warmup: 0 } }), verdictOf('GO'), { dir: 'x' });

/** Runs of which one measure is as given. */
function runs(name: string, values: readonly (number | null)[], minute: number): RunProfile[] {
  return values.map((value, i) => ({
    ...base,
    run: { ...base.run, seed: i, startedAt: `2026-01-01T${String(i).padStart(2, '0')}:0${minute}` },
    measures: base.measures.map((one) => (one.name === name && !one.endpoint ? { ...one, value } : one)),
  }));
}

function found(
  name: string,
  a: readonly (number | null)[],
  b: readonly (number | null)[],
): ComparisonMeasure {
  const { measures } = compareRuns(runs(name, a, 1), runs(name, b, 2), options);
  return measures.find((one) => one.name === name && one.endpoint === undefined)!;
}

test('a lost write is one too many: in one of eight runs, and of one run', () => {
  const name = 'acknowledged writes lost';
  const eight = [0, 0, 0, 0, 0, 0, 0, 0];
  expect(found(name, eight, [0, 0, 0, 3, 0, 0, 0, 0])).toMatchObject({
    answer: 'regressed',
    reason: 'in no baseline run, in 1 of 8 candidate runs',
    test: { method: 'counted' },
  });
  expect(found(name, [0], [1]).answer).toBe('regressed');
  expect(found(name, eight, eight).answer).toBe('equivalent');
  expect(found(name, [2, 1, 3], [0, 0, 0]).answer).toBe('improved');
  // What was not audited is not known to be whole.
  expect(found(name, [0, 0], [0, null]).answer).toBe('refused');
  expect(found(name, [null, null], [5, 5]).answer).toBe('refused');
});

test('a NO-GO may be bad luck once: of eight runs it takes all', () => {
  const name = 'judged NO-GO';
  const none = [0, 0, 0, 0, 0, 0, 0, 0];
  expect(found(name, none, [1, 0, 0, 0, 0, 0, 0, 0]).answer).toBe('inconclusive');
  expect(found(name, none, [1, 1, 1, 1, 1, 1, 1, 1]).answer).toBe('regressed');
  expect(found(name, [0], [1]).answer).toBe('regressed');
});

test('a stall in every candidate run and in no baseline run: regressed, in seconds', () => {
  const measure = found('stall length', [0, 0, 0, 0, 0, 0], [3, 4, 3, 5, 4, 3]);
  expect(measure).toMatchObject({ answer: 'regressed', counts: true, test: { permutationP: 2 / 64 } });
  expect(measure.test!.change).toBeCloseTo(22 / 6, 9);
  expect(found('stall length', [0, 0, 0, 0, 0, 0], [0, 0, 4, 0, 0, 0]).answer).toBe('inconclusive');
  expect(found('stall length', [0], [4]).answer).toBe('inconclusive');
});

test('what the server did is shown and is never a regression of the comparison', () => {
  const a = [100e6, 101e6, 99e6, 100e6, 101e6, 99e6];
  const b = a.map((bytes) => bytes * 2);
  const measure = found('WAL from the upgrade on', a, b);
  expect(measure).toMatchObject({ answer: 'regressed', counts: false });
  const name = 'WAL from the upgrade on';
  expect(compareRuns(runs(name, a, 1), runs(name, b, 2), options).verdict).not.toBe('regressed');
});

test('rounding errors around a baseline of 0 are no change', () => {
  const noise = [1e-15, 3e-15, 2e-15, 1e-15, 2e-15, 3e-15];
  const none = [0, 0, 0, 0, 0, 0];
  expect(found('excess latency', none, noise).answer).toBe('equivalent');
  expect(found('excess latency', noise, none).answer).toBe('equivalent');
  expect(found('excess latency', none, [2, 3, 2, 3, 2, 3]).answer).toBe('regressed');
});
