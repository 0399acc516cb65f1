import { Counts } from '../../histogram/counts.js';
import { indexOf } from '../../histogram/layout.js';
import { percentileSteps } from '../../histogram/percentile-steps.js';
import type { SeriesSecond } from '../../model/result.js';
import { packColumn } from '../../model/page-column.js';
import type { PageCurve } from '../../model/page-data.js';
import type { ResultView } from '../../model/result.js';
import { phases } from '../../model/scenario-words.js';
import { latencyCode } from './page-traffic.js';

const kinds = ['response', 'service'] as const;

/** The percentile curves of every endpoint × phase that had any traffic: endpoint by endpoint, in the phases' order. */
export function pageCurves(view: Pick<ResultView, 'endpoints' | 'series' | 'seconds'>): PageCurve[] {
  const dropsOf = new Map<string, number>();
  for (const { tallies } of view.seconds) {
    for (const { endpoint, phase, dropped } of tallies) {
      const key = `${endpoint}|${phase}`;
      dropsOf.set(key, (dropsOf.get(key) ?? 0) + dropped);
    }
  }
  const seriesOf = new Map<string, SeriesSecond[]>();
  for (const one of view.series) {
    const key = `${one.endpoint}|${one.phase}|${one.kind}`;
    const known = seriesOf.get(key);
    if (known) known.push(one);
    else seriesOf.set(key, [one]);
  }
  const counts = new Counts();
  const curves: PageCurve[] = [];
  for (const endpoint of view.endpoints.keys()) {
    for (const [at, phase] of phases.entries()) {
      for (const kind of kinds) {
        counts.clear();
        for (const one of seriesOf.get(`${endpoint}|${at}|${kind}`) ?? []) counts.addSparse(one);
        const drops = kind === 'response' ? (dropsOf.get(`${endpoint}|${at}`) ?? 0) : 0;
        if (counts.total + drops === 0) continue;
        curves.push({ endpoint, phase, kind, samples: counts.total, drops, codes: codesOf(counts, drops) });
      }
    }
  }
  return curves;
}

function codesOf(counts: Counts, drops: number): PageCurve['codes'] {
  const steps = percentileSteps(counts.total + drops);
  return packColumn(
    steps.map((q) => {
      const us = counts.quantileUs(q, drops);
      return latencyCode(us === Number.POSITIVE_INFINITY ? us : indexOf(us));
    }),
  );
}
