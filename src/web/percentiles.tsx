import { useMemo, useState } from 'preact/hooks';
import { percentileSteps } from '../histogram/percentile-steps.js';
import { phases } from '../model/phase-names.js';
import { latencyMs, type PageStore } from './page-store.js';
import { letters, seriesColor } from './palette.js';
import { PercentilePlot, type PercentileCurve } from './percentile-plot.js';

const dashes = [[], [8, 3], [2, 3], [8, 3, 2, 3], [4, 4], [12, 3]];

/** The percentile plots of one endpoint: response and service time, the phases over each other. */
export function Percentiles({ store }: { store: PageStore }) {
  const { curves, traffic } = store.data;
  const blamed = store.data.findings[0]?.findings[0]?.evidence.endpoint;
  const [endpoint, setEndpoint] = useState(blamed ?? curves[0]?.endpoint ?? 0);
  const of = useMemo(
    () => ({
      response: curvesOf(store, endpoint, 'response'),
      service: curvesOf(store, endpoint, 'service'),
    }),
    [store, store.version, endpoint],
  );
  const range = useMemo(() => rangeOf([...of.response, ...of.service]), [of]);
  const more = range === undefined ? {} : { range };
  return (
    <section id="percentiles" aria-labelledby="percentiles-title" tabIndex={-1}>
      <h2 id="percentiles-title">Percentiles</h2>
      {curves.length === 0 ? (
        <p class="line unknown">Not recorded: no request was made.</p>
      ) : (
        <>
          <label class="filter">
            Endpoint{' '}
            <select value={endpoint} onChange={(event) => setEndpoint(Number(event.currentTarget.value))}>
              {traffic.endpoints.map(({ name }, at) => (
                <option key={at} value={at}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <div class="side-by-side">
            <PercentilePlot
              title="Response time"
              about="From the intended start: what a user would have waited. Dropped requests are ∞."
              curves={of.response}
              {...more}
            />
            <PercentilePlot
              title="Service time"
              about="From the actual send: without the wait for a free connection. What response time has beyond it, requests spent queueing."
              curves={of.service}
              {...more}
            />
          </div>
        </>
      )}
    </section>
  );
}

function curvesOf(store: PageStore, endpoint: number, kind: 'response' | 'service'): PercentileCurve[] {
  return store.data.curves
    .filter((curve) => curve.endpoint === endpoint && curve.kind === kind)
    .map(({ phase, samples, drops, codes }) => {
      const at = phases.indexOf(phase);
      return {
        label: phase,
        letter: letters[at] ?? '',
        color: seriesColor(at),
        dash: dashes[at] ?? [],
        quantiles: percentileSteps(samples + drops),
        ms: store.column(codes, latencyMs),
        samples,
        drops,
      };
    });
}

function rangeOf(curves: readonly PercentileCurve[]): [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const { ms } of curves) {
    for (const value of ms) {
      if (value === null || !Number.isFinite(value)) continue;
      low = Math.min(low, Math.max(value, 0.001));
      high = Math.max(high, value);
    }
  }
  return high > 0 ? [low, high] : undefined;
}
