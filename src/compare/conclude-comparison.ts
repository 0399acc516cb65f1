import type { Comparison, ComparisonCell, ComparisonMeasure } from '../model/comparison.js';

type Judged = Pick<ComparisonCell, 'answer' | 'gate' | 'counts'>;

/**
 * Regressed: anything that counts did. Could not tell: the two cannot be compared, or nothing that was asked got an
 * answer (of the gates, where there are any, else of all that counts): want of data is not a pass. Else nothing is
 * worse, as far as the runs can show.
 */
export function concludeComparison(
  comparison: Omit<Comparison, 'verdict' | 'because'>,
): Pick<Comparison, 'verdict' | 'because'> {
  const { differences, cells, measures, design } = comparison;
  const blocking = differences.filter(({ weight }) => weight === 'void');
  if (design.pairing === 'none') {
    const empty = (['baseline', 'candidate'] as const).filter((side) => design.runs[side] === 0);
    return {
      verdict: 'could not tell',
      because: empty.map((side) => `no run of the ${side} counts: all are INVALID or incomplete`),
    };
  }
  if (blocking.length > 0) {
    return {
      verdict: 'could not tell',
      because: blocking.map(
        ({ what, baseline, candidate }) => `void: ${what} differs: ${baseline} against ${candidate}`,
      ),
    };
  }
  const all: Judged[] = [...cells, ...measures].filter(({ counts }) => counts);
  const regressed = all.filter(({ answer }) => answer === 'regressed');
  if (regressed.length > 0) {
    const gates = regressed.filter(({ gate }) => gate).length;
    const rest = regressed.length - gates;
    return {
      verdict: 'regressed',
      because: [
        ...(gates > 0 ? [`${gates} of ${gatesOf(all).length} gates regressed`] : []),
        ...(rest > 0 ? [`${rest} beside the gates regressed`] : []),
        ...correctnessOf(measures),
      ],
    };
  }
  const hasGates = gatesOf(cells).length > 0;
  // That nothing was lost in a short window is no answer to whether the steady state got slower.
  const quantiles = hasGates ? gatesOf(cells) : cells;
  if (!quantiles.some(isAnswered)) {
    const told = hasGates ? 'gated quantiles' : 'quantiles';
    const none = 'no steady phase has requests on both sides';
    return {
      verdict: 'could not tell',
      because: [quantiles.length === 0 ? none : `none of ${quantiles.length} ${told} got an answer`],
    };
  }
  const asked = hasGates ? gatesOf(all) : quantiles;
  const answered = asked.filter(isAnswered).length;
  const told = hasGates ? 'gates' : 'quantiles';
  const open = asked.length - answered;
  return {
    verdict: 'nothing worse',
    because: [
      `${answered} of ${asked.length} ${told} equivalent or improved`,
      ...(open > 0 ? [`${open} without an answer, which is no proof that they are not worse`] : []),
    ],
  };
}

function isAnswered({ answer }: Judged): boolean {
  return answer === 'equivalent' || answer === 'improved';
}

function gatesOf<T extends Judged>(all: readonly T[]): T[] {
  return all.filter(({ gate }) => gate);
}

function correctnessOf(measures: readonly ComparisonMeasure[]): string[] {
  return measures
    .filter(({ group, answer }) => group === 'correctness' && answer === 'regressed')
    .map(({ name, reason }) => `${name}: ${reason}`);
}
