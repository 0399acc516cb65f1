import { formatBytes, formatCount, formatMs, formatRatio } from '../foundation/units.js';
import type { PageGauge } from '../model/page-data.js';

export type Format = (value: number | null | undefined) => string;

/** Of a value that was not recorded there is nothing to show but that. */
function known(format: (value: number) => string): Format {
  return (value) => (value === null || value === undefined ? 'not recorded' : format(value));
}

export const asMs: Format = (value) =>
  value === null || value === undefined ? 'no request ended' : formatMs(value);
export const asPerSecond = known((value) => `${short(value)}/s`);
export const asCount = known(short);
export const asSessions = known((value) => `${formatCount(value)} ${value === 1 ? 'session' : 'sessions'}`);

export function gaugeFormat(unit: PageGauge['unit']): Format {
  switch (unit) {
    case '/s':
      return asPerSecond;
    case 'B/s':
      return known((value) => `${formatBytes(value)}/s`);
    case 'B':
      return known(formatBytes);
    case 'ratio':
      return known(formatRatio);
    case 'ms':
      return known(formatMs);
    case 'sessions':
      return asSessions;
    case 'requests':
      return known((value) => `${formatCount(value)} requests`);
    case '':
      return known(short);
  }
}

function short(value: number): string {
  return Number.isInteger(value) || value >= 100 ? formatCount(value) : String(Number(value.toPrecision(2)));
}
