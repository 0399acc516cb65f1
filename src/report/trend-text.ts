import { formatCount, formatMs, formatRatio } from '../foundation/units.js';
import type { MeasureUnit, TrendValue } from '../model/trend.js';

/** `12.3 ms`, `0.1%`, `3`, `∞`. */
export function formatValue(value: TrendValue, unit: MeasureUnit): string {
  if (value === 'inf') return '∞';
  switch (unit) {
    case 'ms':
      return formatMs(value);
    case 's':
      return formatMs(value * 1000);
    case 'ratio':
      return formatRatio(value);
    case 'count':
      return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(3)));
  }
}

/** `20261128T162742Z-9a0ec8`: the folder alone. */
export function runName(dir: string): string {
  return dir.split('/').at(-1) ?? dir;
}
