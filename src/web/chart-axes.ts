import type uPlot from 'uplot';
import { formatRunTime } from '../report/run-time.js';
import { themeColor } from './palette.js';

/** Room for the axis on the left, and on the right of the plot, in CSS pixels: bands and lanes keep to it too. */
export const leftPx = 60;
export const rightPx = 20;
export const plotPadding: uPlot.Padding = [14, rightPx, 0, 0];

type Texts = (plot: uPlot, splits: number[]) => string[];

/** An axis in the theme's colours, as they are when it is drawn. */
export function axisOptions(scale: 'x' | 'y', texts: Texts): uPlot.Axis {
  const line = () => themeColor('--grid');
  return {
    scale,
    size: scale === 'y' ? leftPx : 26,
    ...(scale === 'x' && { space: 64 }),
    stroke: () => themeColor('--quiet'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1, size: 4 },
    values: texts,
  };
}

/** `00:32`; tenths where the ticks are closer than a second. */
export const timeTicks: Texts = (_, splits) => {
  const apart = (splits[1] ?? 1) - (splits[0] ?? 0);
  return splits.map((seconds) => {
    const text = formatRunTime(seconds * 1_000_000);
    return apart < 1 ? text : text.replace(/\.\d$/, '');
  });
};
