import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneLine, plain } from '../../../src/report/plain-text.js';
import { table } from '../../../src/report/text-table.js';
import { cut, widthOf, wrap } from '../../../src/report/text-width.js';

describe('plain', () => {
  it('leaves nothing that moves, colours or retitles a terminal', () => {
    expect(plain('\u001b[31mred\u001b[0m \u001b]0;title\u0007 a\nb\tc\r\nd')).toBe(
      '␛[31mred␛[0m ␛]0;title␇ a b c d',
    );
    expect(plain('\u009b31m \u007f \u202egnp.exe')).toBe('�31m ␡ �gnp.exe');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plain(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it('makes a statement one line', () => {
    expect(oneLine('ALTER TABLE t\n  ADD COLUMN a int;\n')).toBe('ALTER TABLE t ADD COLUMN a int');
  });
});

describe('widths', () => {
  it('count terminal cells', () => {
    expect(widthOf('abc')).toBe(3);
    expect(widthOf('注文')).toBe(4);
    expect(widthOf('e\u0301')).toBe(1);
    expect(cut('create order', 8)).toBe('create…');
    expect(cut('注文を作る', 6)).toBe('注文…');
  });

  it('wrap text without losing or adding a word, in lines that fit', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '.', '注'), minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(word), fc.integer({ min: 8, max: 40 }), (words, width) => {
        const lines = wrap(words.join(' '), width);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
      }),
    );
  });

  it('never break a figure from its unit', () => {
    expect(wrap('it took 4.1 s, no more', 11)).toEqual(['it took', '4.1 s, no', 'more']);
    expect(wrap('1 234 567 rows here', 9)).toEqual(['1 234 567', 'rows here']);
  });
});

describe('table', () => {
  const style = { indent: '  ', dim: (text: string) => text };
  const columns = [
    { title: 'name', least: 6 },
    { title: 'p99', align: 'right' as const },
  ];

  it('aligns, and cuts the columns that allow it', () => {
    const rows = [
      ['a long name of an endpoint', '4.1 s'],
      ['short', '12 ms'],
    ];
    expect(table(columns, rows, { ...style, width: 60 })).toEqual([
      '  name                          p99',
      '  a long name of an endpoint  4.1 s',
      '  short                       12 ms',
    ]);
    expect(table(columns, rows, { ...style, width: 20 })).toEqual([
      '  name           p99',
      '  a long name… 4.1 s',
      '  short        12 ms',
    ]);
  });

  it('paints after padding', () => {
    const painted = table(columns, [[{ text: 'x', style: (text) => `<${text}>` }, '1']], {
      ...style,
      width: 60,
    });
    expect(painted[1]).toBe('  <x   >    1');
  });
});
