import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProbeReading, TableComparison } from '../../../src/model/residue.js';
import { differences, overlaps, valueAtPath } from '../../../src/state/difference.js';
import { fromDelta, toDelta } from '../../../src/state/reading-delta.js';
import { residueOf } from '../../../src/state/residue.js';
import { item, lines, reading } from './planted-readings.js';

const json = fc.jsonValue({ maxDepth: 3 });

describe('differences', () => {
  it('names every leaf, whatever its key is called', () => {
    expect(differences({ a: [1, { 'x y': 1 }] }, { a: [1, { 'x y': 2 }], "it's": null })).toEqual([
      { path: "$.a[1]['x y']", before: 1, after: 2 },
      { path: String.raw`$['it\'s']`, before: undefined, after: null },
    ]);
  });

  it('finds none in a value and its copy, and its values again at its paths', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(differences(a, structuredClone(a))).toEqual([]);
        for (const { path, before, after } of differences(a, b)) {
          expect(valueAtPath(a, path)).toEqual(before);
          expect(valueAtPath(b, path)).toEqual(after);
        }
      }),
    );
  });

  it('knows a path below another from one that only begins like it', () => {
    expect(overlaps('$.a', '$.a.b')).toBe(true);
    expect(overlaps('$.a[0]', '$.a')).toBe(true);
    expect(overlaps('$', '$.a')).toBe(true);
    expect(overlaps('$.ab', '$.a')).toBe(false);
  });
});

describe('a reading written as what differs from S0a', () => {
  const items = fc.uniqueArray(fc.tuple(fc.string(), json), { selector: ([key]) => key, maxLength: 8 });
  const byKey = (of: ProbeReading | undefined) => new Map(of?.items.map((one) => [one.key, one]));

  it('is the same reading when read back', () => {
    fc.assert(
      fc.property(items, items, (before, after) => {
        const base = reading(
          'S0a',
          before.map(([key, value]) => item(key, value)),
        );
        const now = reading(
          'S2',
          after.map(([key, value]) => item(key, value)),
        );
        const written = JSON.parse(JSON.stringify(toDelta(now, base))) as ProbeReading;
        const back = fromDelta(written, JSON.parse(JSON.stringify(base)) as ProbeReading);
        expect(byKey(back)).toEqual(byKey(JSON.parse(JSON.stringify(now)) as ProbeReading));
      }),
    );
  });

  it('cannot be read without its base', () => {
    const base = reading('S0a', [item('a', 1)]);
    expect(fromDelta(toDelta(reading('S2', []), base), undefined)).toBeUndefined();
  });
});

describe('sequences', () => {
  const at = (last: string | null, furthestKey: string | null = null, increment = '1') => [
    item('orders_id_seq', { last, furthestKey, increment }),
  ];
  const of = (S0a: ReturnType<typeof at>, S1: ReturnType<typeof at>, S2: ReturnType<typeof at>) =>
    residueOf(lines({ S0a, S1, S2 }, { compare: 'sequence', probe: 'catalog.sequenceValues' }))?.items ?? [];

  it('may move on, as traffic makes them', () => {
    expect(of(at('10', '10'), at('15', '15'), at('20', '20'))).toEqual([]);
    expect(of(at(null), at(null), at('3', '3'))).toEqual([]);
  });
  it('must not be behind S0', () => {
    expect(of(at('9007199254740993'), at('9007199254740992'), at('9007199254740992'))).toMatchObject([
      { change: 'behind', origin: 'attributed' },
    ]);
    expect(of(at('10'), at('12'), at(null))).toMatchObject([{ change: 'behind', origin: 'unattributed' }]);
  });
  it('must not be behind the keys of their column', () => {
    expect(of(at('10', '10'), at('20', '20'), at('12', '20'))[0]?.note).toBe(
      'it stands at 12, its column has 20',
    );
    expect(of(at('-10', '-10', '-1'), at('-9'), at('-20', '-20', '-1'))).toEqual([]);
  });
  it('that were behind before are not the upgrade’s', () => {
    expect(of(at('1', '5'), at('1', '5'), at('1', '5'))).toMatchObject([{ origin: 'pre-existing' }]);
  });
});

describe('tables', () => {
  const none = { count: 0, keys: [] };
  const table = (more: Partial<TableComparison> = {}): TableComparison => ({
    rows: 100,
    compared: 90,
    touched: 10,
    missing: none,
    changed: { ...none, columns: {} },
    added: none,
    addedCount: false,
    ...more,
  });
  const more = { compare: 'table', probe: 'orders', class: 'data' } as const;
  const of = (
    S1: Partial<TableComparison>,
    S2: Partial<TableComparison>,
    S0b: Partial<TableComparison> = {},
  ) =>
    residueOf(
      lines(
        {
          S0a: reading('S0a', [], more),
          S0b: reading('S0b', [], { ...more, table: table(S0b) }),
          S1: reading('S1', [], { ...more, table: table(S1) }),
          S2: reading('S2', [], { ...more, table: table(S2) }),
        },
        more,
      ),
    );

  it('show rows cut short that nobody wrote', () => {
    const changed = { count: 2, keys: ['7', '9'], columns: { note: 2 } };
    expect(of({}, { changed })?.items).toMatchObject([
      {
        path: 'orders/changed rows',
        origin: 'unattributed',
        note: '2 of 90 rows changed (note in 2): 7, 9',
      },
    ]);
    expect(of({ changed }, { changed })?.items).toMatchObject([{ origin: 'attributed' }]);
  });
  it('cannot tell where it is not known which rows the traffic wrote', () => {
    const lost = { missing: { count: 1, keys: ['7'] }, touchedUnknown: 'no ledger covers orders' };
    const found = of({}, lost);
    expect(found?.items).toEqual([]);
    expect(found?.probes[0]).toMatchObject({ state: 'unknown' });
    expect(found?.probes[0]?.unknown[0]?.reason).toContain('no ledger covers orders');
    expect(of({}, { touchedUnknown: 'no ledger' })?.probes[0]?.state).toBe('clean');
  });
  it('are unstable where rows changed before any traffic', () => {
    const changed = { count: 3, keys: ['1'], columns: {} };
    expect(of({}, {}, { changed })?.probes[0]).toMatchObject({ unstable: ['3 rows changed'] });
  });
  it('count new rows only where asked', () => {
    const added = { count: 3, keys: ['a'] };
    expect(of({}, { added })?.items).toEqual([]);
    expect(of({}, { added, addedCount: true })?.items).toMatchObject([{ change: 'added' }]);
  });
});
