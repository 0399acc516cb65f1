import type { Comparison, ComparisonCell, ComparisonCurve, Interval } from '../../../model/comparison.js';
import type {
  ComparedCurve,
  ComparedEndpoint,
  ComparedQuantile,
  RatioInterval,
} from '../../../model/comparison-page.js';
import { phases } from '../../../model/phase-names.js';
import type { Phase } from '../../../model/scenario-words.js';
import { answerOrder } from '../../comparison-sections.js';
import { changeText, intervalText, sideTexts, tallyText } from '../../comparison-text.js';
import { plain } from '../../plain-text.js';
import { noteOf, runTextsOf } from './compared-rows.js';

interface Gathered {
  cells: Map<Phase, ComparisonCell[]>;
  curves: Map<Phase, ComparisonCurve[]>;
}

/** Endpoint by endpoint, the worst first: a gate before what is none, else in the order of the comparison. */
export function comparedEndpoints(comparison: Comparison): ComparedEndpoint[] {
  const byEndpoint = new Map<string, Gathered>();
  const of = (endpoint: string): Gathered => {
    const known = byEndpoint.get(endpoint) ?? { cells: new Map(), curves: new Map() };
    byEndpoint.set(endpoint, known);
    return known;
  };
  for (const cell of comparison.cells) push(of(cell.endpoint).cells, cell);
  for (const curve of comparison.curves) push(of(curve.endpoint).curves, curve);
  return [...byEndpoint]
    .map(([name, { cells, curves }]): ComparedEndpoint => {
      const all = [...cells.values()].flat();
      const [worst] = [...all].sort((a, b) => rankOf(a) - rankOf(b));
      return {
        name: plain(name),
        tally: tallyText(all),
        worst: worst?.answer ?? 'refused',
        gate: worst?.gate ?? false,
        phases: phases
          .filter((phase) => cells.has(phase) || curves.has(phase))
          .map((phase) => ({
            phase,
            curves: (curves.get(phase) ?? []).map(curveOf),
            rows: (cells.get(phase) ?? []).map((cell) => quantileOf(cell, comparison)),
          })),
      };
    })
    .sort((a, b) => rankOf({ ...a, answer: a.worst }) - rankOf({ ...b, answer: b.worst }));
}

/** An answer of a gate stands before the same answer of what is none. */
function rankOf({ answer, gate }: Pick<ComparisonCell, 'answer' | 'gate'>): number {
  return answerOrder[answer] + (gate ? 0 : 0.5);
}

function push<T extends { phase: Phase }>(into: Map<Phase, T[]>, one: T): void {
  const known = into.get(one.phase);
  if (known) known.push(one);
  else into.set(one.phase, [one]);
}

function curveOf({ side, samples, dropped, quantiles }: ComparisonCurve): ComparedCurve {
  return {
    side,
    samples: samples - dropped,
    drops: dropped,
    quantiles: quantiles
      // A share beyond which no request lies says nothing that the slowest does not; 1 − 0.9 is a little below 0.1.
      .filter(([share]) => share === 1 || (1 - share) * samples >= 1 - 1e-6)
      .map(([share, ms]) => [share, ms === 'inf' ? null : ms]),
  };
}

function quantileOf(cell: ComparisonCell, comparison: Comparison): ComparedQuantile {
  const { percentile, gate, answer, test } = cell;
  const [before, after] = sideTexts(cell);
  return {
    percentile: plain(percentile),
    gate,
    answer,
    ratio: test?.change == null ? null : 1 + test.change,
    interval: ratiosOf(test?.interval ?? null),
    equivalence: ratiosOf(test?.equivalence ?? null),
    values: `${before} → ${after}`,
    change: changeText(cell),
    intervalText: intervalText(cell),
    note: noteOf(cell, comparison),
    runs: runTextsOf(cell),
  };
}

function ratiosOf(interval: Interval | null): RatioInterval | null {
  return interval && { low: 1 + interval.low, high: 1 + interval.high };
}
