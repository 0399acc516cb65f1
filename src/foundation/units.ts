/** Durations `250ms`, `5s`, `10m`, `1h`, `1d`; composites such as `1m30s`. Result in milliseconds. */
const durationUnitsMs: Record<string, number> = {
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a duration such as `250ms`, `5s` or `1m30s`; undefined if it is not one. */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (!/^(?:\d+(?:\.\d+)?(?:us|µs|ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, value, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(us|µs|ms|s|m|h|d)/g)) {
    total += Number(value) * (durationUnitsMs[unit ?? ''] ?? Number.NaN);
  }
  return total;
}

/** Requests a second of `400/s`, `24/m`, `1000/h`; undefined if it is not a rate. */
export function parseRatePerSecond(text: string): number | undefined {
  const match = /^(\d[\d_]*(?:\.\d+)?)\s*\/\s*(s|m|h)$/.exec(text.trim());
  if (!match) return undefined;
  const perSecond = { s: 1, m: 60, h: 3600 }[match[2] as 's' | 'm' | 'h'];
  return Number((match[1] ?? '').replaceAll('_', '')) / perSecond;
}

const sizeUnits: Record<string, number> = {
  B: 1,
  kB: 1024,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

/** Bytes of `8kB`, `210GB` (1024-based, as Postgres counts); undefined if it is not a size. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d[\d_]*(?:\.\d+)?)\s*(B|kB|KB|MB|GB|TB)$/.exec(text.trim());
  if (!match) return undefined;
  return Math.round(Number((match[1] ?? '').replaceAll('_', '')) * (sizeUnits[match[2] ?? ''] ?? Number.NaN));
}

/** A count; underscores allowed (`1_000_000`), undefined if it is not one. */
export function parseCount(text: string): number | undefined {
  const trimmed = text.trim();
  return /^\d[\d_]*$/.test(trimmed) ? Number(trimmed.replaceAll('_', '')) : undefined;
}

/** A ratio in 0..1 of `0.1%` or `0.001`; undefined if it is not one. */
export function parseRatio(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  if (!match) return undefined;
  const value = Number(match[1]) / (match[2] === '%' ? 100 : 1);
  return value <= 1 ? value : undefined;
}

/** The quantile in 0..1 of `p50`, `p99`, `p99.9`, `max`; undefined if it is not one. */
export function parsePercentile(text: string): number | undefined {
  if (text === 'max') return 1;
  const match = /^p(\d{1,2}(?:\.\d+)?)$/.exec(text);
  return match ? Number(match[1]) / 100 : undefined;
}

/** `0.4 ms`, `12 ms`, `4.1 s`, `2 min 05 s`: three figures at most. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return ms > 0 ? '∞' : 'unknown';
  if (ms < 0.9995) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 99.95) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${Number((ms / 1000).toPrecision(3))} s`;
  if (ms < 3_599_500) {
    const seconds = Math.round(ms / 1000);
    return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  }
  const minutes = Math.round(ms / 60_000);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** `812 B`, `64 MB`, `210 GB` (1024-based). */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toPrecision(3))} ${units[unit]}`;
}

/** `1 234 567`: thin groups, no locale. */
export function formatCount(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
}

/** `0.13%`. */
export function formatRatio(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(3))}%`;
}
