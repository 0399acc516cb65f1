import type { Comparison, ComparisonCell, ComparisonMeasure } from '../model/comparison.js';

type Judged = Pick<ComparisonCell, 'answer' | 'gate' | 'counts'>;

/**
 * Regressed: anything that counts did. Could not tell: the two cannot be compared, or nothing that was asked got an
 * answer (of the gates, where there are any, else of all that counts), or there are no data for a gate or for a fact of
 * correctness that the baseline knows: want of data is not a pass. Else nothing is
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
  const missing = [...cells.filter(hasNoData), ...measures.filter(isMissing)];
  if (missing.length > 0) return { verdict: 'could not tell', because: missingTexts(missing) };
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
  const facts = measures.filter(({ group, gate }) => group === 'correctness' && !gate);
  const unknown = facts.filter((one) => !isAnswered(one)).length;
  return {
    verdict: 'nothing worse',
    because: [
      `${answered} of ${asked.length} ${told} equivalent or improved`,
      ...(unknown > 0 ? [`${unknown} of correctness without an answer`] : []),
      ...(open > 0 ? [`${open} without an answer, which is no proof that they are not worse`] : []),
    ],
  };
}

/** A gate of which a run has no value at all; with values, but too few, it is loud, and --strict's. */
function hasNoData({ gate, answer, baseline, candidate }: ComparisonCell): boolean {
  if (!gate || answer !== 'refused') return false;
  return [baseline, candidate].some(
    ({ samples, valuesMs }) => samples === 0 || valuesMs.some((value) => value === null),
  );
}

/** A gate that is not known in all runs, or a fact of correctness that only the baseline knows. */
function isMissing({ gate, answer, group, baseline, candidate }: ComparisonMeasure): boolean {
  if (answer !== 'refused') return false;
  return gate || (group === 'correctness' && baseline.mean !== null && candidate.mean === null);
}

const mostNamed = 5;

function missingTexts(missing: readonly (ComparisonCell | ComparisonMeasure)[]): string[] {
  const named = missing.slice(0, mostNamed).map((one) => {
    const name = 'percentile' in one ? `${one.endpoint} ${one.percentile} in ${one.phase}` : one.name;
    return `no data for ${name}: ${one.reason}`;
  });
  const more = missing.length - named.length;
  return more > 0 ? [...named, `and for ${more} more`] : named;
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
