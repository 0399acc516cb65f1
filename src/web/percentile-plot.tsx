import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { formatCount, formatRatio } from '../foundation/units.js';
import { axisOptions, plotPadding } from './chart-axes.js';
import { DataTable } from './data-table.js';
import { asMs } from './format.js';
import { onThemeChange, themeColor } from './palette.js';
import { watchWidth } from './watch-width.js';
import { Term } from './term.js';

export interface PercentileCurve {
  label: string;
  letter: string;
  color: string;
  dash: number[];
  /** Rising, 0..1; the last is 1, the slowest. */
  quantiles: readonly number[];
  /** ms; Infinity where drops are reached. */
  ms: readonly (number | null)[];
  samples: number;
  drops: number;
}

interface PercentilePlotProps {
  title: string;
  about: string;
  curves: readonly PercentileCurve[];
  /** ms, the same for plots that are compared. */
  range?: [number, number];
}

/** Where a quantile stands: 0.9 at 1, 0.99 at 2, … The slowest of n requests stands at log10(n). */
function place(quantile: number, samples: number): number {
  return quantile >= 1 ? Math.log10(Math.max(samples, 1)) : -Math.log10(1 - quantile);
}

/** HdrHistogram's percentile plot: the tail is as wide as the rest, a latency that one in ten thousand sees too. */
export function PercentilePlot({ title, about, curves, range }: PercentilePlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(curves);
  latest.current = curves;
  const data = useMemo(() => aligned(curves), [curves]);
  const shape = JSON.stringify([curves.map(({ label, color }) => [label, color]), range]);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const made = new uPlot(optionsOf(latest, element.clientWidth, range), data, element);
    plot.current = made;
    const unwatched = watchWidth(element, (width) => made.setSize({ width, height }));
    const unthemed = onThemeChange(() => made.redraw(false, true));
    return () => {
      unwatched();
      unthemed();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(data), [data]);
  const told = curves.map(
    ({ label, ms, samples, drops }) =>
      `${label}: ${formatCount(samples + drops)} requests, the slowest ${asMs(ms.at(-1))}`,
  );
  return (
    <figure class="chart">
      <figcaption>
        <Term text={title} about={about} />
      </figcaption>
      {curves.length === 0 ? <p class="line unknown">Not recorded: no request of it ended.</p> : null}
      <div
        ref={host}
        class="plot"
        role="img"
        aria-label={`${title}. ${told.join('; ')}`}
        style={{ minHeight: `${height}px` }}
      />
      <ul class="legend">
        {curves.map(({ label, letter, color, dash }) => (
          <li key={label}>
            <svg width="26" height="10" aria-hidden="true">
              <line
                x1="1"
                y1="5"
                x2="25"
                y2="5"
                style={{ stroke: `var(${color})` }}
                stroke-dasharray={dash.join(' ')}
              />
            </svg>
            <b style={{ color: `var(${color})` }}>{letter}</b>
            <span>{label}</span>
          </li>
        ))}
      </ul>
      {curves
        .filter(({ drops }) => drops > 0)
        .map((curve) => (
          <p class="line bad" key={curve.label}>
            {dropsText(curve)}
          </p>
        ))}
      <details class="as-table">
        <summary>as a table</summary>
        <DataTable table={tableOf(title, curves)} />
      </details>
    </figure>
  );
}

const height = 240;

export function dropsText({
  label,
  samples,
  drops,
}: Pick<PercentileCurve, 'label' | 'samples' | 'drops'>): string {
  const all = samples + drops;
  return `${label}: ${formatCount(drops)} of ${formatCount(all)} requests (${formatRatio(drops / all)}) were dropped and count as ∞: from p${Number(((samples / all) * 100).toPrecision(5))} on (▲).`;
}

function aligned(curves: readonly PercentileCurve[]): uPlot.AlignedData {
  const tables = curves.map(({ quantiles, ms, samples, drops }): uPlot.AlignedData => [
    quantiles.map((q) => place(q, samples + drops)),
    ms.map((value) => (value === null || !Number.isFinite(value) ? null : Math.max(value, 0.001))),
  ]);
  return tables.length === 0 ? [[]] : uPlot.join(tables);
}

function optionsOf(
  latest: { current: readonly PercentileCurve[] },
  width: number,
  range: [number, number] | undefined,
): uPlot.Options {
  return {
    width,
    height,
    padding: plotPadding,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: (_, __, max) => [0, Math.max(max || 1, 1) * 1.02] },
      y: {
        distr: 3,
        log: 10,
        range: (_, min, max) =>
          uPlot.rangeLog(range?.[0] ?? (min || 0.1), range?.[1] ?? (max || 10), 10, false),
      },
    },
    axes: [
      {
        ...axisOptions('x', (_, splits) => splits.map(percentileText)),
        splits: (_, __, ___, max) => Array.from({ length: Math.floor(max) + 1 }, (_of, at) => at),
        space: 30,
      },
      axisOptions('y', (_, splits) => splits.map((value) => (value === null ? '' : asMs(value)))),
    ],
    series: [
      {},
      ...latest.current.map(({ label, color, dash }): uPlot.Series => ({
        label,
        stroke: () => themeColor(color),
        width: 1.5,
        dash,
        spanGaps: true,
        points: { show: false },
      })),
    ],
    hooks: { draw: [(plot) => drawMarks(plot, latest.current)] },
  };
}

/** 0 → 0%, 1 → 90%, 2 → 99%, 3 → 99.9% */
function percentileText(nines: number): string {
  if (nines === 0) return '0%';
  return `${(100 - 100 * 10 ** -nines).toFixed(Math.max(0, nines - 2))}%`;
}

/** Each curve's letter at its end; ∞ where drops begin. */
function drawMarks(plot: uPlot, curves: readonly PercentileCurve[]): void {
  const { ctx, bbox } = plot;
  const size = 4 * devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  for (const { letter, color, quantiles, ms, samples, drops } of curves) {
    ctx.fillStyle = themeColor(color);
    const last = ms.findLastIndex((value) => value !== null && Number.isFinite(value));
    if (last >= 0) {
      const x = plot.valToPos(place(quantiles[last] ?? 0, samples + drops), 'x', true);
      const y = plot.valToPos(Math.max(ms[last] ?? 0, 0.001), 'y', true);
      ctx.textAlign = 'right';
      ctx.fillText(letter, x, Math.max(y - size, bbox.top + 3 * size));
    }
    const first = ms.findIndex((value) => value === Number.POSITIVE_INFINITY);
    if (first < 0) continue;
    const x = plot.valToPos(place(quantiles[first] ?? 1, samples + drops), 'x', true);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x - size, bbox.top + 1.6 * size);
    ctx.lineTo(x + size, bbox.top + 1.6 * size);
    ctx.fill();
  }
  ctx.restore();
}

function tableOf(title: string, curves: readonly PercentileCurve[]) {
  const quantiles = [...new Set(curves.flatMap((curve) => curve.quantiles))].sort((a, b) => a - b);
  return {
    caption: `${title}, as a table`,
    columns: [
      { title: 'share of requests', about: 'That took no longer.', numeric: true },
      ...curves.map(({ label, samples, drops }) => ({
        title: label,
        about: `${formatCount(samples + drops)} requests, ${formatCount(drops)} of them dropped.`,
        numeric: true,
      })),
    ],
    rows: quantiles.map((q) => ({
      cells: [
        `${Number((q * 100).toPrecision(7))}%`,
        ...curves.map((curve) => {
          const at = curve.quantiles.indexOf(q);
          return at < 0 ? '' : asMs(curve.ms[at]);
        }),
      ],
    })),
    notes: [],
  };
}
