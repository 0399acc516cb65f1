import { formatBytes, formatCount, formatMs, formatRatio } from '../foundation/units.js';
import type {
  CellSide,
  Comparison,
  ComparisonCell,
  ComparisonMeasure,
  ComparisonTest,
  Interval,
  MeasureUnit,
} from '../model/comparison.js';
import { plain, plural, stepName } from './plain-text.js';

export type Row = ComparisonCell | ComparisonMeasure;

export function isCell(row: Row): row is ComparisonCell {
  return 'percentile' in row;
}

/** `read order p99 in soak`, `upgrade: stall length` (of all endpoints together), `add status: took`. */
export function rowName(row: Row): string {
  if (isCell(row)) return plain(`${row.endpoint} ${row.percentile} in ${row.phase}`);
  if (!row.group.endsWith('transient')) return plain(stepName(row.name));
  const side = row.group === 'upgrade transient' ? 'upgrade' : 'rollback';
  return plain(`${side}: ${row.name}${row.endpoint === undefined ? '' : ` of ${row.endpoint}`}`);
}

export function sideTexts(row: Row): [string, string] {
  if (isCell(row)) return [quantileText(row.baseline.typicalMs), quantileText(row.candidate.typicalMs)];
  return [valueText(row.baseline.mean, row.unit), valueText(row.candidate.mean, row.unit)];
}

export function quantileText(ms: CellSide['typicalMs']): string {
  if (ms === null) return '–';
  return ms === 'inf' ? '∞' : formatMs(ms);
}

/** Of a measure in its own unit; `signed` for a difference. */
export function valueText(value: number | null, unit: MeasureUnit, signed = false): string {
  if (value === null) return '–';
  const sign = value < 0 ? '−' : signed && value > 0 ? '+' : '';
  // A difference of two shares is no share of anything.
  return `${sign}${magnitude(Math.abs(value), unit)}${signed && unit === 'ratio' ? ' points' : ''}`;
}

function magnitude(value: number, unit: MeasureUnit): string {
  switch (unit) {
    case 'ms':
      return formatMs(value);
    case 's':
      return value === 0 ? '0 s' : formatMs(value * 1000);
    case 'bytes':
      return formatBytes(value);
    case 'ratio':
      return formatRatio(value);
    case 'requests':
    case 'count':
      return fewFigures(value);
    case 'request·s':
      return `${fewFigures(value)} req·s`;
    case '1/s':
      return `${fewFigures(value)}/s`;
  }
}

function fewFigures(value: number): string {
  return value >= 1000 ? formatCount(value) : String(Number(value.toPrecision(3)));
}

/** `+18%`, `×4.2` from a threefold on; in the unit where there is no ratio. */
export function changeText(row: Row): string {
  const change = row.test?.change ?? null;
  if (change === null) return '';
  if (isCell(row)) return relativeText(change);
  return valueText(change, row.unit, true);
}

export function intervalText(row: Row): string {
  const interval: Interval | null = row.test?.interval ?? null;
  if (!interval) return '';
  const one = (x: number) => (isCell(row) ? relativeText(x) : valueText(x, row.unit, true));
  return `${one(interval.low)} … ${one(interval.high)}`;
}

export function relativeText(change: number): string {
  if (change >= 2) return `×${Number((1 + change).toPrecision(3))}`;
  const percent = Number((Math.abs(change) * 100).toPrecision(2));
  return percent === 0 ? '0%' : `${change < 0 ? '−' : '+'}${percent}%`;
}

/** Of a change, and of a gate without an answer: why, by which test, and how many runs an answer would take. */
export function rowNote(row: Row, { design }: Pick<Comparison, 'design'>): string | undefined {
  const { answer, reason, test } = row;
  if (answer === 'equivalent' || (!row.gate && (answer === 'inconclusive' || answer === 'refused'))) {
    return undefined;
  }
  const parts = [reason, testText(test), answer === 'inconclusive' ? neededText(test, design) : ''];
  const text = parts.filter((part) => part !== '').join('; ');
  return text === '' ? undefined : plain(`${rowName(row)}: ${text}`);
}

/** `p 0.002, 0.004 after its correction, relabelled 0.01`; empty without a p. */
export function testText(test: ComparisonTest | null): string {
  if (!test || test.p === null) return '';
  const adjusted = test.adjustedP === null ? '' : `, ${pText(test.adjustedP)} after its correction`;
  const permuted = test.permutationP === null ? '' : `, relabelled ${pText(test.permutationP)}`;
  const by = test.method === 'A/A variance' || test.method === 'within-run only' ? `${test.method}, ` : '';
  return `${by}p ${pText(test.p)}${adjusted}${permuted}`;
}

function pText(p: number): string {
  return p < 0.0001 ? '<0.0001' : String(Number(p.toPrecision(2)));
}

export function neededText(test: ComparisonTest | null, design: Comparison['design']): string {
  if (!test || test.sd === null || test.method === 'ranks of runs') return '';
  const change = relativeText(design.detect);
  const paired = test.method === 'paired runs';
  const needed = test.runsNeeded;
  const unit = paired ? 'pairs of runs' : 'runs a side';
  return needed === null
    ? `more than 1 000 ${unit} to see ${change}, as much as the runs differ`
    : `${formatCount(needed)} ${unit} to see ${change} with power 80%`;
}

/** `8 runs against 8, paired by seed, interleaved`. */
export function designText({ design, runs }: Pick<Comparison, 'design' | 'runs'>): string {
  const { baseline, candidate } = design.runs;
  const left = runs.filter(({ leftOut }) => leftOut !== undefined).length;
  return [
    `${plural(candidate, 'run')} against ${formatCount(baseline)} of the baseline`,
    ...(design.pairing === 'none' || design.pairing === 'one run a side' ? [] : [design.pairing]),
    ...(design.interleaved ? ['interleaved'] : []),
    ...(left > 0 ? [`${left} left out`] : []),
    `margin ${relativeText(design.margin).slice(1)}`,
    ...(design.variance === undefined ? [] : [plain(`variance of ${design.variance}`)]),
  ].join(', ');
}

/** `12 equivalent, 3 inconclusive, 8 with too few samples`. */
export function tallyText(rows: readonly Row[]): string {
  const told = [
    ['regressed', 'regressed'],
    ['improved', 'improved'],
    ['equivalent', 'equivalent'],
    ['inconclusive', 'inconclusive'],
    ['refused', 'with too few samples or not known'],
  ] as const;
  return told
    .map(([answer, text]) => [rows.filter((row) => row.answer === answer).length, text] as const)
    .filter(([n]) => n > 0)
    .map(([n, text]) => `${formatCount(n)} ${text}`)
    .join(', ');
}
