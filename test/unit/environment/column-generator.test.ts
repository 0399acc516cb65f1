import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnText, copyText } from '../../../src/environment/data/column-generator.js';
import { rowChunks } from '../../../src/environment/data/generated-rows.js';
import { lineAt } from '../../../src/environment/data/data-error.js';
import type { ColumnGenerator } from '../../../src/model/scenario.js';

const first = (n: number, spec: ColumnGenerator, seed = 1, column = 'c'): string[] => {
  const text = columnText(seed, 't', column, spec);
  return Array.from({ length: n }, (_, i) => text(i + 1));
};

describe('column generators', () => {
  it('are pure in (seed, table, column, row)', () => {
    const spec = { int: [1, 1_000_000] } as ColumnGenerator;
    expect(first(50, spec)).toEqual(first(50, spec));
    expect(first(50, spec)).not.toEqual(first(50, spec, 2));
    expect(first(50, spec)).not.toEqual(first(50, spec, 1, 'other'));
    // The first values, planted: a change here changes every rehearsal's data.
    expect(first(3, spec)).toMatchInlineSnapshot(`
      [
        "377709",
        "399187",
        "577117",
      ]
    `);
  });

  it('int reaches both bounds, and all between alike', () => {
    const counts = new Map<string, number>();
    for (const value of first(60_000, { int: [3, 8] })) counts.set(value, (counts.get(value) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual(['3', '4', '5', '6', '7', '8']);
    // 10 000 each; six standard deviations are 548.
    for (const n of counts.values()) expect(Math.abs(n - 10_000)).toBeLessThan(548);
  });

  it('sequence, constant, choice and float', () => {
    expect(first(3, { sequence: { from: 41 } })).toEqual(['41', '42', '43']);
    expect(first(2, { constant: null })).toEqual(['\\N', '\\N']);
    expect(new Set(first(100, { choice: ['a', null, true] }))).toEqual(new Set(['a', '\\N', 'true']));
    for (const value of first(1000, { float: [-1, 1] }))
      expect(Math.abs(Number(value))).toBeLessThanOrEqual(1);
  });

  it('text has the length asked for, and needs no escapes', () => {
    expect(new Set(first(500, { text: { length: 17 } }).map((s) => s.length))).toEqual(new Set([17]));
    expect(new Set(first(2000, { text: { length: [0, 7] } }).map((s) => s.length)).size).toBe(8);
    for (const value of first(100, { text: { length: 40 } })) expect(value).toMatch(/^[A-Za-z0-9 -]{40}$/);
  });

  it('timestamps lie in [from, to) with microseconds; uuids are version 4 and distinct', () => {
    const times = first(2000, { timestamp: { from: '2026-01-01', to: '2026-01-02' } });
    for (const time of times) expect(time).toMatch(/^2026-01-01T\d\d:\d\d:\d\d\.\d{6}\+00$/);
    const uuids = first(2000, { uuid: true });
    expect(new Set(uuids).size).toBe(2000);
    for (const uuid of uuids)
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('templates see the row and draw anew for each', () => {
    const values = first(100, { template: 'order ${row}: ${random.int(1, 9)}' });
    expect(values[4]).toMatch(/^order 5: [1-9]$/);
    expect(new Set(values.map((v) => v.at(-1))).size).toBe(9);
  });

  it('wrong bounds and dates are refused', () => {
    expect(() => columnText(1, 't', 'c', { int: [2, 1] })).toThrow(RangeError);
    expect(() => columnText(1, 't', 'c', { timestamp: { from: 'soon', to: '2026-01-01' } })).toThrow(
      /not a date: "soon"/,
    );
  });
});

describe('COPY text', () => {
  it('escapes so that a line is a row and a tab parts columns, whatever the text', () => {
    const unescape: Record<string, string> = { '\\\\': '\\', '\\t': '\t', '\\n': '\n', '\\r': '\r' };
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\\', '\t', '\n', '\r', 'N', '.', 'é') }), (s) => {
        const text = copyText(s);
        expect(text).not.toMatch(/[\t\n\r]/);
        expect(text.replace(/\\[\\tnr]/g, (e) => unescape[e] ?? e)).toBe(s);
      }),
    );
    expect(copyText('\\N')).toBe('\\\\N');
  });

  it('chunks hold every row once', () => {
    const chunks = [...rowChunks([String, () => 'x'.repeat(100)], 1, 10_000)];
    expect(chunks.length).toBeGreaterThan(1);
    const lines = chunks.join('').trimEnd().split('\n');
    expect(lines).toHaveLength(10_000);
    expect(lines.every((line, i) => line.startsWith(`${i + 1}\t`))).toBe(true);
  });
});

describe('lineAt', () => {
  it('counts characters as Postgres does, not UTF-16 units', () => {
    const text = "select '😀😀',\n  wrong\nfrom t";
    const position = [...text.slice(0, text.indexOf('wrong'))].length + 1;
    expect(lineAt(text, position, 10)).toBe(11);
    expect(lineAt(text, 1, 10)).toBe(10);
  });
});
