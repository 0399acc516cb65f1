import { formatCount, formatMs, formatRatio } from '../../foundation/units.js';
import { describeReasons, reasonsOf } from '../error-windows.js';
import { outsideGaps } from '../gaps.js';
import { judgedStretch, phaseAt, secondsIn, type JudgedView } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { secondsOf, usPerSecond, type SecondSamples } from '../seconds.js';
import { whyIn } from '../why.js';
import { slidingSpans } from '../windows.js';

/** Requests that were never sent because the in-flight cap was full, all endpoints together. NO-GO. */
export const dropped: Rule = {
  id: 'dropped',
  title: 'Dropped requests',
  doc: 'More than the allowed ratio of all requests was dropped (in-flight cap, empty capture pool) in a sliding window from the upgrade on: NO-GO; INVALID where the baseline dropped as many.',
  judge(view) {
    const objective = view.result.plan.scenario.objectives.dropped;
    if (!objective) return notAsked;
    const seconds = allSeconds(view);
    const width = Math.max(1, Math.ceil(objective.over / 1000));
    const worst = worstDrops(seconds, width);
    if (!worst) {
      return {
        noData: 'no request was offered from the upgrade on',
        remedy: 'see the run’s events: the traffic ended before the upgrade began',
      };
    }
    const first = seconds[worst.from]?.second ?? 0;
    const fromUs = first * usPerSecond;
    const toUs = ((seconds[worst.to - 1]?.second ?? first) + 1) * usPerSecond;
    const what = `${formatCount(worst.bad)} of ${formatCount(worst.n)} requests dropped (${formatRatio(worst.ratio)}) over ${formatMs((worst.to - worst.from) * 1000)}, limit ${formatRatio(objective.ratio)}`;
    if (worst.ratio <= objective.ratio) return { findings: [], summary: `worst: ${what}` };
    const phase = phaseAt(view, fromUs);
    const reasons = describeReasons(reasonsOf(seconds.slice(worst.from, worst.to), 'missed'));
    const before = worstDrops(baselineSeconds(view), width);
    const unmet = before !== undefined && before.ratio > objective.ratio;
    return {
      summary: `worst: ${what}`,
      findings: [
        {
          weight: unmet ? 'INVALID' : 'NO-GO',
          what: unmet
            ? `${what}; not met before the upgrade: ${formatRatio(before.ratio)} in the baseline`
            : what,
          where: { ...(phase !== undefined && { phase }), fromUs, toUs },
          measured: worst.ratio,
          limit: objective.ratio,
          unit: 'ratio',
          why: `${reasons ? `${reasons}; ` : ''}${whyIn(view, { fromUs, toUs }, 100)}`,
          remedy:
            'drops come from a full in-flight cap (the system stalled: see latency) or from an empty capture pool (give traffic.pools first values)',
        },
      ],
    };
  },
};

interface Drops {
  from: number;
  to: number;
  n: number;
  bad: number;
  ratio: number;
}

function worstDrops(seconds: readonly SecondSamples[], width: number): Drops | undefined {
  const intended = seconds.map((second) => tallied(second, 'intended'));
  const drops = seconds.map((second) => tallied(second, 'dropped'));
  let worst: Drops | undefined;
  for (const { from, to } of slidingSpans(intended, width, 1)) {
    const sum = (values: readonly number[]) => values.slice(from, to).reduce((a, b) => a + b, 0);
    const [n, bad] = [sum(intended), sum(drops)];
    if (!worst || bad / n > worst.ratio) worst = { from, to, n, bad, ratio: bad / n };
  }
  return worst;
}

function tallied(second: SecondSamples, key: 'intended' | 'dropped'): number {
  return second.cells.reduce((sum, { tally }) => sum + (tally?.[key] ?? 0), 0);
}

function baselineSeconds(view: JudgedView): SecondSamples[] {
  const span = view.phase('baseline');
  if (!span) return [];
  const { fromSecond, toSecond } = secondsIn([span]);
  const cells = view.cells.flat().filter(({ phase }) => phase === 'baseline');
  return secondsOf(cells, fromSecond, toSecond, view.trafficEndUs);
}

function allSeconds(view: JudgedView): SecondSamples[] {
  const stretches = view.result.endpoints.flatMap((_, endpoint) => judgedStretch(view, endpoint) ?? []);
  const first = stretches[0];
  if (!first) return [];
  const cells = stretches.flatMap((stretch) => stretch.cells);
  const all = secondsOf(cells, first.fromSecond, first.toSecond, view.trafficEndUs);
  return outsideGaps(all, view.result.gaps);
}
