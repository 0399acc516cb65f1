import type { ComparisonMeasure } from '../model/comparison.js';
import type { PairedRuns } from './pair-runs.js';
import type { MeasureOfRun, RunProfile } from './profile/run-profile.js';
import { mean } from './statistics/difference.js';
import { testRuns, type OpenTest, type RunDesign } from './test-runs.js';

/** A measure whose test waits for the others' p, or that needs none. */
export type OpenMeasure = Omit<ComparisonMeasure, 'answer' | 'reason' | 'test'> & {
  open: OpenTest | { answer: ComparisonMeasure['answer']; reason: string; counted?: true };
};

/** One number a run each, on both sides; a measure that no run knows is left out. */
export function openMeasures(runs: PairedRuns, design: RunDesign): OpenMeasure[] {
  const first = new Map<string, MeasureOfRun>();
  for (const { measures } of [...runs.baseline, ...runs.candidate]) {
    for (const measure of measures) {
      const known = first.get(keyOf(measure));
      first.set(keyOf(measure), { ...measure, gate: measure.gate || (known?.gate ?? false) });
    }
  }
  const [a, b] = [valuesByKey(runs.baseline), valuesByKey(runs.candidate)];
  return [...first].flatMap(([key, { group, name, endpoint, unit, better, gate, counts }]) => {
    const baseline = a.map((values) => values.get(key) ?? null);
    const candidate = b.map((values) => values.get(key) ?? null);
    if ([...baseline, ...candidate].every((value) => value === null)) return [];
    const about = { group, name, unit, better, ...(endpoint !== undefined && { endpoint }) };
    const sides = { baseline: sideOf(baseline), candidate: sideOf(candidate) };
    const open = openOf(about, baseline, candidate, gate, design);
    return [{ ...about, ...sides, gate, counts, open }];
  });
}

function openOf(
  { group, name, better }: Pick<ComparisonMeasure, 'group' | 'name' | 'better'>,
  baseline: readonly (number | null)[],
  candidate: readonly (number | null)[],
  gate: boolean,
  design: RunDesign,
): OpenMeasure['open'] {
  const [a, b] = [baseline.flatMap((one) => one ?? []), candidate.flatMap((one) => one ?? [])];
  const unknown = baseline.length + candidate.length - a.length - b.length;
  if (a.length === 0 || b.length === 0) {
    return {
      answer: 'refused',
      reason: `not known on the side of the ${a.length === 0 ? 'baseline' : 'candidate'}`,
    };
  }
  if (group === 'correctness') {
    const counted = countedFact(name, a, b, unknown);
    if (counted) return { ...counted, counted: true };
  }
  if (unknown > 0) return { answer: 'refused', reason: `not known in ${unknown} of the runs` };
  if (better === 'lower' && [...a, ...b].every((one) => one === 0)) {
    return { answer: 'equivalent', reason: 'none in any run', counted: true };
  }
  return testRuns(design, a, b, gate);
}

/** These may happen to one run of many by bad luck: only in all of the candidate's runs they are the candidate's. */
const byChance = ['steps failed', 'judged NO-GO'];

/** Of a lost write one is too many: correctness is not averaged. Undefined: it is on both sides, and tested. */
function countedFact(
  name: string,
  baseline: readonly number[],
  candidate: readonly number[],
  unknown: number,
): { answer: ComparisonMeasure['answer']; reason: string } | undefined {
  const had = (values: readonly number[]) => values.filter((n) => n > 0).length;
  const [was, is] = [had(baseline), had(candidate)];
  const enough = byChance.includes(name) ? is === candidate.length : is > 0;
  if (was === 0 && enough) {
    return {
      answer: 'regressed',
      reason: `in no baseline run, in ${is} of ${candidate.length} candidate runs`,
    };
  }
  if (unknown > 0) return undefined;
  if (was === 0 && is === 0) return { answer: 'equivalent', reason: 'none in any run' };
  if (is === 0 && was === baseline.length) {
    return { answer: 'improved', reason: 'in every baseline run, in no candidate run' };
  }
  return undefined;
}

function valuesByKey(runs: readonly RunProfile[]): Map<string, number | null>[] {
  return runs.map(({ measures }) => new Map(measures.map((one) => [keyOf(one), one.value])));
}

function keyOf({ group, name, endpoint }: Pick<MeasureOfRun, 'group' | 'name' | 'endpoint'>): string {
  return JSON.stringify([group, name, endpoint]);
}

function sideOf(values: readonly (number | null)[]): ComparisonMeasure['baseline'] {
  const known = values.flatMap((one) => one ?? []);
  return { mean: known.length === 0 ? null : mean(known), values: [...values] };
}
