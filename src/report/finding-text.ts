import { formatBytes, formatCount, formatMs, formatRatio } from '../foundation/units.js';
import type { Finding } from '../model/verdict.js';
import { oneLine, plain, tableName } from './plain-text.js';
import { formatWindow } from './run-time.js';

/** `4.1 s`, `0.3%`, `48`, `64 MB`, `120 requests/s`. */
function formatMeasure(value: number, unit: Finding['unit']): string {
  switch (unit) {
    case 'ms':
      return formatMs(value);
    case 'ratio':
      return formatRatio(value);
    case 'bytes':
      return formatBytes(value);
    case 'requests/s':
      return `${Number(value.toPrecision(3))} requests/s`;
    case 'count':
    case undefined:
      return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(3)));
  }
}

/** `4.1 s against a limit of 250 ms (16 times)`; undefined where the finding has no numbers. */
export function measureText({ measured, limit, unit, extrapolated }: Finding): string | undefined {
  if (measured === undefined) return undefined;
  const label = extrapolated ? ' (extrapolated to production)' : '';
  if (limit === undefined) return `${formatMeasure(measured, unit)}${label}`;
  const times = limit > 0 && measured > limit ? measured / limit : undefined;
  const factor =
    times === undefined || !Number.isFinite(times) || times < 1.5 ? '' : ` (${timesText(times)})`;
  return `${formatMeasure(measured, unit)} against a limit of ${formatMeasure(limit, unit)}${factor}${label}`;
}

function timesText(times: number): string {
  return `${times < 10 ? Number(times.toPrecision(2)) : formatCount(times)} times`;
}

/** `create order · phase upgrade · step upgrade.add status · 00:32.0–00:42.0`; undefined where it names no place. */
export function whereText({ where }: Finding): string | undefined {
  const parts = [
    where.endpoint,
    where.table && `table ${tableName(where.table)}`,
    where.path,
    where.phase && `phase ${where.phase}`,
    where.step && `step ${where.step}`,
    where.fromUs !== undefined && where.toUs !== undefined && formatWindow(where.fromUs, where.toUs),
  ].filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? plain(parts.join(' · ')) : undefined;
}

export function statementText({ where }: Finding): string | undefined {
  return where.statement === undefined ? undefined : oneLine(where.statement);
}

export function waivedText({ waived }: Finding): string | undefined {
  if (!waived) return undefined;
  return plain(`waived: ${waived.reason}${waived.until === undefined ? '' : ` (until ${waived.until})`}`);
}
