import { useState } from 'preact/hooks';
import { formatRunTime, formatWindow } from '../report/run-time.js';
import type { ChartProps } from './chart-types.js';
import { DataTable } from './data-table.js';

/** Rows of a chart's table at most: the window is cut into so many slices. */
const mostRows = 60;

/** What a chart shows, as a table of the window: the highest of each slice. Made when it is opened. */
export function ChartTable(props: Pick<ChartProps, 'title' | 'xs' | 'series' | 'format' | 'window'>) {
  const [open, setOpen] = useState(false);
  return (
    <details class="as-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>as a table</summary>
      {open ? <DataTable table={tableOf(props)} /> : null}
    </details>
  );
}

function tableOf({
  title,
  xs,
  series,
  format,
  window,
}: Pick<ChartProps, 'title' | 'xs' | 'series' | 'format' | 'window'>) {
  const inside: number[] = [];
  for (const [at, x] of xs.entries()) if (x >= window.from && x <= window.to) inside.push(at);
  const each = Math.max(1, Math.ceil(inside.length / mostRows));
  const rows = Array.from({ length: Math.ceil(inside.length / each) }, (_, slice) => {
    const points = inside.slice(slice * each, (slice + 1) * each);
    const from = (xs[points[0] ?? 0] ?? 0) * 1e6;
    const to = (xs[points.at(-1) ?? 0] ?? 0) * 1e6;
    return {
      cells: [
        points.length > 1 ? formatWindow(from, to) : formatRunTime(from),
        ...series.map(({ values }) => format(highest(points.map((at) => values[at] ?? null)))),
      ],
    };
  });
  return {
    caption: `${title}, as a table`,
    columns: [
      { title: 'when', about: 'Minutes and seconds since the run began.' },
      ...series.map(({ label }) => ({
        title: label,
        about: each > 1 ? `The highest of each ${each} points.` : 'Of each point.',
        numeric: true,
      })),
    ],
    rows,
    notes: [],
  };
}

function highest(values: readonly (number | null)[]): number | null {
  return values.reduce(
    (most, value) => (value !== null && (most === null || value > most) ? value : most),
    null,
  );
}
