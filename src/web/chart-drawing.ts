import type uPlot from 'uplot';
import type { PageBand } from '../model/page-data.js';
import type { ChartProps, ChartSeries } from './chart-types.js';
import { themeColor } from './palette.js';

type Drawn = Pick<ChartProps, 'bands' | 'highlight' | 'limits' | 'gaps' | 'series' | 'xs' | 'window'>;

/** Under the lines: the steps as a shade, what is not known as a hatch, the judged window, the phases' borders. */
export function drawBehind(plot: uPlot, { bands, highlight, gaps = ['load gap'] }: Drawn): void {
  const { ctx, bbox } = plot;
  ctx.save();
  clipTo(plot);
  for (const band of bands) {
    if (band.kind === 'step')
      fill(plot, band, themeColor(band.failed === undefined ? '--step' : '--step-failed'));
  }
  for (const band of bands) if (gaps.includes(band.kind)) hatch(plot, band);
  ctx.setLineDash([]);
  if (highlight) {
    const [left, right] = ends(plot, highlight.from, highlight.to);
    ctx.strokeStyle = themeColor('--accent');
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.strokeRect(left, bbox.top, Math.max(right - left, 2), bbox.height);
  }
  ctx.strokeStyle = themeColor('--border');
  ctx.lineWidth = devicePixelRatio;
  for (const band of bands) {
    if (band.kind !== 'phase') continue;
    const [left] = ends(plot, band.fromUs / 1e6, band.fromUs / 1e6);
    line(ctx, left, bbox.top, left, bbox.top + bbox.height);
  }
  ctx.restore();
}

/** Over the lines: limits, each series' letter at its highest point, and ∞ at the upper edge. */
export function drawInfront(plot: uPlot, { limits = [], series, xs, window }: Drawn): void {
  const { ctx, bbox } = plot;
  ctx.save();
  clipTo(plot);
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  for (const { value, label } of limits) {
    const y = plot.valToPos(value, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = themeColor('--bad');
    ctx.fillStyle = themeColor('--bad');
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    line(ctx, bbox.left, y, bbox.left + bbox.width, y);
    ctx.setLineDash([]);
    ctx.textAlign = 'right';
    ctx.textBaseline = 'bottom';
    ctx.fillText(label, bbox.left + bbox.width - 4 * devicePixelRatio, y - 2 * devicePixelRatio);
  }
  const taken: Point[] = [];
  for (const one of series) {
    ctx.fillStyle = themeColor(one.color);
    drawLetter(plot, one, xs, window, taken);
    drawInfinite(plot, one, xs, window);
  }
  ctx.restore();
}

interface Point {
  x: number;
  y: number;
}

function drawLetter(
  plot: uPlot,
  { letter, values }: ChartSeries,
  xs: readonly number[],
  window: Drawn['window'],
  taken: Point[],
) {
  if (letter === undefined) return;
  let best = -1;
  // A line that is 0 throughout is not worth a mark.
  let most = 0;
  for (const [at, value] of values.entries()) {
    const x = xs[at] ?? 0;
    if (value === null || !Number.isFinite(value) || x < window.from || x > window.to || value <= most)
      continue;
    best = at;
    most = value;
  }
  if (best < 0) return;
  const { ctx, bbox } = plot;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'bottom';
  const room = 10 * devicePixelRatio;
  let x = plot.valToPos(xs[best] ?? 0, 'x', true);
  const y = Math.max(plot.valToPos(most, 'y', true) - 3 * devicePixelRatio, bbox.top + 11 * devicePixelRatio);
  while (taken.some((one) => Math.abs(one.x - x) < room && Math.abs(one.y - y) < room)) x += room;
  taken.push({ x, y });
  ctx.fillText(letter, x, y);
}

/** Seconds in which drops reach the percentile: a triangle each, as many as can be told apart. */
function drawInfinite(plot: uPlot, { values }: ChartSeries, xs: readonly number[], window: Drawn['window']) {
  const { ctx, bbox } = plot;
  const size = 4 * devicePixelRatio;
  let last = Number.NEGATIVE_INFINITY;
  for (const [at, value] of values.entries()) {
    const seconds = xs[at] ?? 0;
    if (value !== Number.POSITIVE_INFINITY || seconds < window.from || seconds > window.to) continue;
    const x = plot.valToPos(seconds, 'x', true);
    if (x - last < size) continue;
    last = x;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x - size, bbox.top + 1.6 * size);
    ctx.lineTo(x + size, bbox.top + 1.6 * size);
    ctx.fill();
  }
}

function clipTo({ ctx, bbox }: uPlot): void {
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
}

function ends(plot: uPlot, from: number, to: number): [number, number] {
  return [plot.valToPos(from, 'x', true), plot.valToPos(to, 'x', true)];
}

function fill(plot: uPlot, { fromUs, toUs }: PageBand, color: string): void {
  const [left, right] = ends(plot, fromUs / 1e6, toUs / 1e6);
  plot.ctx.fillStyle = color;
  plot.ctx.fillRect(left, plot.bbox.top, Math.max(right - left, devicePixelRatio), plot.bbox.height);
}

function hatch(plot: uPlot, { fromUs, toUs }: PageBand): void {
  const { ctx, bbox } = plot;
  const [from, to] = ends(plot, fromUs / 1e6, toUs / 1e6);
  const left = Math.max(from, bbox.left);
  const right = Math.min(Math.max(to, from + 2), bbox.left + bbox.width);
  if (right <= left) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, bbox.top, right - left, bbox.height);
  ctx.clip();
  ctx.strokeStyle = themeColor('--hatch');
  ctx.lineWidth = devicePixelRatio;
  const step = 6 * devicePixelRatio;
  for (let x = left - bbox.height; x < right; x += step)
    line(ctx, x, bbox.top + bbox.height, x + bbox.height, bbox.top);
  ctx.restore();
}

function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}
