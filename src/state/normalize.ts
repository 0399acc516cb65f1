import type { Normalization } from '../model/state.js';

/** Texts that mean the same become the same; what is not of the kind stays as it is, and differs. */
export function normalized(value: unknown, how: Normalization): unknown {
  switch (how) {
    case 'trim':
      return typeof value === 'string' ? value.trim() : value;
    case 'lowercase':
      return typeof value === 'string' ? value.toLowerCase() : value;
    case 'sort':
      return Array.isArray(value) ? value.toSorted((a, b) => order(canonical(a), canonical(b))) : value;
    case 'number':
      return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
        ? Number(value)
        : value;
    case 'timestamp': {
      const at = typeof value === 'string' || typeof value === 'number' ? new Date(value) : undefined;
      return at && !Number.isNaN(at.getTime()) ? at.toISOString() : value;
    }
    case 'url':
      return typeof value === 'string' && URL.canParse(value) ? new URL(value).href : value;
    case 'json':
      return typeof value === 'string' ? parsed(value) : value;
  }
}

/** One text for one JSON value, whatever the order of its keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => order(a, b));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
