import type { PageBand } from '../model/page-data.js';
import type { Cursor } from './cursor.js';
import type { Format } from './format.js';

export interface ChartSeries {
  label: string;
  /** Stands at its highest point and in the legend, so that colour is not all that tells it. */
  letter?: string;
  /** A custom property of the theme. */
  color: string;
  dash?: number[];
  /** Infinity: drawn at the upper edge, and told. Null: not recorded, a gap. */
  values: readonly (number | null)[];
  filled?: boolean;
}

/** Seconds since run zero. */
export interface TimeWindow {
  from: number;
  to: number;
}

export interface ChartProps {
  title: string;
  about: string;
  /** Seconds since run zero, rising. */
  xs: readonly number[];
  series: readonly ChartSeries[];
  format: Format;
  /** For the axis, where the unit stands in the title; default: as `format`. */
  axisFormat?: Format;
  window: TimeWindow;
  onZoom: (window: TimeWindow | null) => void;
  cursor: Cursor;
  bands: readonly PageBand[];
  highlight?: TimeWindow | null;
  /** Horizontal lines. */
  limits?: readonly { value: number; label: string }[];
  log?: boolean;
  /** Steps from point to point, for counts; lines for what changes between. */
  stepped?: boolean;
  height?: number;
  /** Kinds of bands that mean "not known" here. */
  gaps?: readonly PageBand['kind'][];
  /** What every series is, where nothing was recorded. */
  missing?: string | undefined;
}
