import { isDeepStrictEqual } from 'node:util';
import type { LedgerValue } from '../model/ledger.js';

/** How a column's values are compared; `any`: nobody says its type (an API's JSON). */
export type ValueKind =
  'text' | 'number' | 'float4' | 'boolean' | 'instant' | 'json' | 'uuid' | 'padded' | 'any';

/** The kind of a Postgres type, by pg_type.typname and typcategory; lists and rows are read as JSON. */
export function kindOfType(name: string, category: string): ValueKind {
  if (name === 'json' || name === 'jsonb' || category === 'A' || category === 'C') return 'json';
  if (name === 'float4') return 'float4';
  if (category === 'N' && name !== 'money') return 'number';
  if (category === 'B') return 'boolean';
  if (name === 'timestamp' || name === 'timestamptz') return 'instant';
  if (name === 'uuid') return 'uuid';
  return name === 'bpchar' ? 'padded' : 'text';
}

/**
 * Whether what was written (JSON) is what was found (Postgres's text form, times in UTC), as values of the column's
 * type: `12.5` and `12.50` are one number, and two texts.
 */
export function isSameValue(kind: ValueKind, written: LedgerValue, found: string | null): boolean {
  if (written === null || found === null) return written === found;
  const text = String(written);
  if (text === found) return true;
  switch (kind) {
    case 'text':
      return false;
    case 'number':
      return sameDecimal(text, found);
    case 'float4':
      return Math.fround(Number(text)) === Math.fround(Number(found));
    case 'boolean':
      return truthOf(text) !== undefined && truthOf(text) === truthOf(found);
    case 'instant':
      return sameInstant(text, found);
    case 'json':
      return sameJson(written, found);
    case 'uuid':
      return text.toLowerCase() === found.toLowerCase();
    case 'padded':
      return text.trimEnd() === found.trimEnd();
    case 'any':
      return sameDecimal(text, found) || sameInstant(text, found) || sameJson(written, found);
  }
}

function sameDecimal(a: string, b: string): boolean {
  const one = decimalOf(a);
  return one !== undefined && one === decimalOf(b);
}

/** `-1.5e3` → `-15e2`: sign, digits without zeros around them, exponent of the last digit. No float in between. */
function decimalOf(text: string): string | undefined {
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const at = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign === '-' ? '-' : ''}${significant}e${at}`;
}

const truths: Record<string, boolean> = {
  true: true,
  t: true,
  '1': true,
  false: false,
  f: false,
  '0': false,
};

function truthOf(text: string): boolean | undefined {
  return truths[text.toLowerCase()];
}

function sameInstant(a: string, b: string): boolean {
  const one = instantUs(a);
  return one !== undefined && one === instantUs(b);
}

/** µs since 1970 of an ISO date and time; without an offset it is taken as UTC. */
function instantUs(text: string): number | undefined {
  const match =
    /^(\d{4,6}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6})\d*)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i.exec(
      text,
    );
  if (!match) return undefined;
  const [, date = '', time = '', fraction = '', offset = 'Z'] = match;
  const zone = /^[+-]\d\d$/.test(offset) ? `${offset}:00` : offset.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  const ms = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms * 1000 + Number(fraction.padEnd(6, '0'));
}

function sameJson(written: LedgerValue, found: string): boolean {
  try {
    const read: unknown = JSON.parse(found);
    if (isDeepStrictEqual(written, read)) return true;
    return typeof written === 'string' && isDeepStrictEqual(JSON.parse(written), read);
  } catch {
    return false;
  }
}

/** Keys of a column's type that are one value are one text: `017` is `17` of a number. */
export function normalKey(kind: ValueKind, key: string): string {
  if (kind === 'number') return decimalOf(key) ?? key;
  if (kind === 'uuid') return key.toLowerCase();
  return kind === 'padded' ? key.trimEnd() : key;
}
