import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { axisOptions, plotPadding, timeTicks } from './chart-axes.js';
import { drawBehind, drawInfront } from './chart-drawing.js';
import { ChartTable } from './chart-table.js';
import type { ChartProps } from './chart-types.js';
import { Legend } from './legend.js';
import { onThemeChange, themeColor } from './palette.js';
import { watchWidth } from './watch-width.js';
import { Term } from './term.js';

const syncKey = 'run';

/** One chart of the timeline: zoom and pointer are shared with all the others. */
export function Chart(props: ChartProps) {
  const { title, about, xs, series, format, window, height = 150 } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = JSON.stringify([
    series.map(({ label, color, dash }) => [label, color, dash]),
    props.log,
    height,
  ]);
  const data = useMemo(
    () => plotted(props),
    [xs, props.log, props.stepped, ...series.map(({ values }) => values)],
  );

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const made = new uPlot(optionsOf(latest, element.clientWidth), data, element);
    plot.current = made;
    const unwatched = watchWidth(element, (width) => made.setSize({ width, height }));
    const unthemed = onThemeChange(() => made.redraw(false, true));
    const unpointed = latest.current.cursor.listen((at) => point(made, at));
    return () => {
      unwatched();
      unthemed();
      unpointed();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => plot.current?.setData(data, false), [data]);
  useEffect(
    () => plot.current?.setScale('x', { min: window.from, max: window.to }),
    [window.from, window.to, shape, data],
  );
  useEffect(() => plot.current?.redraw(false), [props.highlight, props.bands, props.limits]);

  return (
    <figure class="chart">
      <figcaption>
        <Term text={title} about={about} />
      </figcaption>
      {props.missing === undefined ? null : <p class="line unknown">{props.missing}</p>}
      <div
        ref={host}
        class="plot"
        role="img"
        aria-label={`${title}. ${summary(props)}`}
        style={{ minHeight: `${height}px` }}
      />
      <Legend series={series} xs={xs} cursor={props.cursor} format={format} />
      <ChartTable {...props} />
    </figure>
  );
}

/** Where a value stands between nulls. */
function lonely(values: ArrayLike<number | null | undefined>): number[] {
  const known = (i: number) => values[i] !== null && values[i] !== undefined;
  return Array.from(values, (_, i) => i).filter((i) => known(i) && !known(i - 1) && !known(i + 1));
}

/** What cannot be on a logarithmic axis is drawn at its lower end; ∞ and what is not known are no part of a line. */
function plotted({ xs, series, log, stepped }: ChartProps): uPlot.AlignedData {
  const lines = series.map(({ values }) =>
    values.map((value) =>
      value === null || !Number.isFinite(value) ? null : log ? Math.max(value, 0.001) : value,
    ),
  );
  const last = xs.at(-1);
  if (!stepped || last === undefined) return [[...xs], ...lines];
  // A step goes from the start of what a point stands for to its end; the last one needs an end of its own.
  const half = ((xs[1] ?? last + 1) - (xs[0] ?? last)) / 2;
  return [[...xs.map((x) => x - half), last + half], ...lines.map((line) => [...line, line.at(-1) ?? null])];
}

/** The pointer of another chart, or of the keyboard. */
function point(plot: uPlot, at: number | null): void {
  const left = at === null ? -10 : plot.valToPos(at, 'x');
  if (plot.cursor.left !== undefined && Math.abs(plot.cursor.left - left) < 1) return;
  plot.setCursor({ left, top: at === null ? -10 : 0 }, false);
}

function summary({ series, xs, window, format }: ChartProps): string {
  const told = series.slice(0, 12).map(({ label, values }) => {
    let most = Number.NEGATIVE_INFINITY;
    for (const [at, value] of values.entries()) {
      const x = xs[at] ?? 0;
      if (value !== null && x >= window.from && x <= window.to && value > most) most = value;
    }
    return `${label}: ${most === Number.NEGATIVE_INFINITY ? 'nothing recorded' : `at most ${format(most)}`}`;
  });
  return `${told.join('; ')}. The data stands in the table below.`;
}

function optionsOf(latest: { current: ChartProps }, width: number): uPlot.Options {
  const {
    series,
    log = false,
    stepped = false,
    height = 150,
    format,
    axisFormat = format,
    window,
  } = latest.current;
  const stroke = (color: string) => () => themeColor(color);
  return {
    width,
    height,
    padding: plotPadding,
    legend: { show: false },
    cursor: {
      y: false,
      sync: { key: syncKey, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
      bind: {
        dblclick: () => () => {
          latest.current.onZoom(null);
          return null;
        },
      },
    },
    scales: {
      x: { time: false, range: (_, min, max) => [min, max], min: window.from, max: window.to },
      y: log
        ? { distr: 3, log: 10, range: (_, min, max) => uPlot.rangeLog(min || 0.1, max || 10, 10, false) }
        : { range: (_, __, max) => [0, max === 0 || max === null ? 1 : max * 1.2] },
    },
    axes: [
      axisOptions('x', timeTicks),
      axisOptions('y', (_, splits) => splits.map((value) => (value === null ? '' : axisFormat(value)))),
    ],
    series: [
      {},
      ...series.map(({ label, color, dash, filled }): uPlot.Series => ({
        label,
        stroke: stroke(color),
        width: 1.5,
        ...(dash && { dash }),
        ...(filled && { fill: () => `${themeColor(color)}33` }),
        ...(stepped && uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
        // Between two gaps there is no line: such a value is a point.
        points: { show: false, filter: (plot, at) => lonely(plot.data[at] ?? []) },
      })),
    ],
    hooks: {
      drawClear: [(plot) => drawBehind(plot, latest.current)],
      draw: [(plot) => drawInfront(plot, latest.current)],
      setCursor: [
        (plot) => {
          // Only of the chart under the pointer: the others are told by it.
          if (!plot.cursor.event) return;
          const { left = -1 } = plot.cursor;
          latest.current.cursor.set(left < 0 ? null : plot.posToVal(left, 'x'));
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 4) return;
          const from = plot.posToVal(left, 'x');
          const to = plot.posToVal(left + wide, 'x');
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          latest.current.onZoom({ from, to });
        },
      ],
    },
  };
}
