import { formatRunTime } from '../report/run-time.js';
import type { ChartSeries } from './chart-types.js';
import { nearest, useCursor, type Cursor } from './cursor.js';
import type { Format } from './format.js';

interface LegendProps {
  series: readonly ChartSeries[];
  xs: readonly number[];
  cursor: Cursor;
  format: Format;
}

/** What each line is, and its value at the instant that is pointed at on any chart. */
export function Legend({ series, xs, cursor, format }: LegendProps) {
  const at = useCursor(cursor);
  const index = at === null ? -1 : nearest(xs, at);
  return (
    <ul class="legend">
      {index >= 0 ? <li class="instant">{formatRunTime((xs[index] ?? 0) * 1_000_000)}</li> : null}
      {series.map(({ label, letter, color, dash, values }) => (
        <li key={label}>
          <svg width="26" height="10" aria-hidden="true">
            <line
              x1="1"
              y1="5"
              x2="25"
              y2="5"
              style={{ stroke: `var(${color})` }}
              stroke-dasharray={dash?.join(' ')}
            />
          </svg>
          {letter === undefined ? null : <b style={{ color: `var(${color})` }}>{letter}</b>}
          <span>{label}</span>
          {index >= 0 ? <output>{format(values[index])}</output> : null}
        </li>
      ))}
    </ul>
  );
}
