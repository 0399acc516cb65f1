import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawUnit } from '../../../src/foundation/rng.js';
import {
  TemplateError,
  checkTemplate,
  compileJson,
  compileText,
  type TemplateScope,
} from '../../../src/template/template.js';

function scopeOf(request: number, more: Partial<TemplateScope> = {}): TemplateScope {
  return { draw: (field) => drawUnit(7, 11, request, field), ...more };
}

function text(source: string, scope: TemplateScope = scopeOf(0)): string {
  const rendered = compileText(source).render(scope);
  if (!rendered.ok) throw new Error(rendered.missing);
  return rendered.value;
}

describe('compileText', () => {
  it('keeps a text without references, and escapes', () => {
    expect(text('/orders')).toBe('/orders');
    expect(text('costs $5, $${not a name}, $x')).toBe('costs $5, ${not a name}, $x');
    expect(compileText('$${x}').constant).toBe(true);
  });

  it('renders a constant to one shared object', () => {
    const template = compileText('/orders');
    expect(template.render(scopeOf(1))).toBe(template.render(scopeOf(2)));
  });

  it('reads outputs, pools, variables and rows', () => {
    const scope = scopeOf(0, {
      seen: (pool) => (pool === 'order' ? 42 : undefined),
      output: (path) => (path === 'database.url.shop' ? 'postgres://x' : undefined),
      variable: (path) => (path === 'request.id' ? 'r1' : undefined),
      row: 9,
    });
    expect(text('/o/${seen.order}?u=${database.url.shop}&r=${request.id}&n=${ row }', scope)).toBe(
      '/o/42?u=postgres://x&r=r1&n=9',
    );
    expect(compileText('${seen.user}').render(scope)).toEqual({ ok: false, missing: 'empty pool user' });
    expect(compileText('${service.shop.url}').render(scope)).toEqual({
      ok: false,
      missing: 'no output service.shop.url',
    });
    expect(compileText('${env.TOKEN}').render(scope)).toEqual({ ok: false, missing: 'no env.TOKEN' });
    expect(compileText('${row}').render(scopeOf(0))).toMatchObject({ ok: false });
  });

  it('says what it needs', () => {
    const needs = compileText(
      "${service['my shop'].url}${seen['a b']}${database.url}${env.X}${random.int(1,2)}",
    );
    expect(needs).toMatchObject({
      outputs: ['service.my shop.url', 'database.url'],
      pools: ['a b'],
      variables: ['env.X'],
      fields: 1,
      constant: false,
    });
  });

  it('gives each random call site a field of its own, and a pool one for the whole request', () => {
    const drawn: number[] = [];
    const scope: TemplateScope = {
      draw: (field) => {
        drawn.push(field);
        return 0.5;
      },
      seen: () => 'x',
    };
    compileText('${random.int(1,2)} ${random.int(1,2)}', 100).render(scope);
    expect(drawn).toEqual([100, 101]);
    drawn.length = 0;
    compileText('${seen.order}', 0).render(scope);
    compileText('${random.int(1,2)} ${seen.order}', 50).render(scope);
    expect(drawn[0]).toBe(drawn[2]);
  });

  it.each([
    ['a ${', 4, 'unclosed'],
    ['${random.int(1)}', 0, 'two numbers'],
    ['${random.int(5, 1)}', 0, '5 is above 1'],
    ['${random.int(1.5, 2)}', 0, 'whole numbers'],
    ['${random.int}', 0, 'parentheses'],
    ['${random.dice()}', 0, 'unknown name random.dice'],
    ['${random.choice()}', 0, 'needs values'],
    ['${random.hex(0)}', 0, 'length'],
    ["${random.choice('a}", 19, 'unclosed quote'],
    ['x ${nothing.here}', 2, 'unknown name nothing.here'],
    ['${seen}', 0, 'one pool'],
    ['${seen.a.b}', 0, 'one pool'],
    ['${process.exit()}', 0, 'process.exit'],
    ['${a b}', 4, 'unexpected "b"'],
    ['${constructor.constructor("x")()}', 30, 'unexpected "("'],
  ])('refuses %s at %i: %s', (source, offset, message) => {
    const { error } = checkTemplate(source);
    expect(error?.offset).toBe(offset);
    expect(error?.message).toContain(message);
    expect(error?.hint).not.toBe('');
  });
});

describe('compileJson', () => {
  const render = (value: unknown, scope = scopeOf(3)) => {
    const rendered = compileJson(value).render(scope);
    return rendered.ok ? rendered.value : rendered;
  };

  it('keeps the type of a lone reference and makes text of the rest', () => {
    const scope = { draw: () => 0, seen: () => ({ deep: true }) };
    expect(
      render(
        { n: '${random.int(4, 9)}', s: 'n=${random.int(4, 9)}', o: '${seen.x}', l: [1, null, true] },
        scope,
      ),
    ).toEqual({
      n: 4,
      s: 'n=4',
      o: { deep: true },
      l: [1, null, true],
    });
  });

  it('says where in the value a text is wrong', () => {
    try {
      compileJson({ a: [{ b: '${nope}' }] });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateError);
      expect((error as TemplateError).path).toEqual(['a', 0, 'b']);
    }
    expect(() => compileJson({ '${row}': 1 })).toThrow(/key cannot be a template/);
  });

  it('reports what is missing, and never sets a prototype', () => {
    expect(render({ a: { b: '${seen.x}' } })).toEqual({ ok: false, missing: 'empty pool x' });
    const value = render(JSON.parse('{"__proto__": {"x": "${random.int(1,1)}"}}'));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"x":1}}');
  });

  it('shares a constant value', () => {
    const template = compileJson({ a: [1, { b: 'x' }] });
    expect(template.constant).toBe(true);
    expect(template.render(scopeOf(1))).toBe(template.render(scopeOf(2)));
  });
});

describe('random values', () => {
  it('stay within bounds, both reached, uniform to 5%', () => {
    const template = compileText('${random.int(1, 4)}');
    const seen = new Map<string, number>();
    for (let i = 0; i < 20_000; i++) {
      const rendered = template.render(scopeOf(i));
      if (rendered.ok) seen.set(rendered.value, (seen.get(rendered.value) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(['1', '2', '3', '4']);
    for (const count of seen.values()) expect(Math.abs(count - 5000)).toBeLessThan(250);
  });

  it('random.int holds its bounds for any range and draw', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.nat(1e9),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (min, span, draw) => {
          const rendered = compileJson(`\${random.int(${min}, ${min + span})}`).render({ draw: () => draw });
          expect(rendered.ok).toBe(true);
          const value = rendered.ok ? (rendered.value as number) : Number.NaN;
          expect(Number.isInteger(value) && value >= min && value <= min + span).toBe(true);
        },
      ),
    );
  });

  it('have the form asked for, differ between requests, and repeat for one', () => {
    expect(text('${random.uuid()}')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(text('${random.hex(33)}')).toMatch(/^[0-9a-f]{33}$/);
    expect(text('${random.string(70)}')).toMatch(/^[A-Za-z0-9]{70}$/);
    expect(text("${random.choice('it''s', 2)}".replace("''", "\\'"), { draw: () => 0 })).toBe("it's");
    const ids = new Set(Array.from({ length: 5000 }, (_, i) => text('${random.uuid()}', scopeOf(i))));
    expect(ids.size).toBe(5000);
    expect(text('${random.uuid()}', scopeOf(5))).toBe(text('${random.uuid()}', scopeOf(5)));
  });
});

describe('the parser', () => {
  const pieces = fc.constantFrom(
    '${',
    '}',
    '$',
    '{',
    '(',
    ')',
    "'",
    '"',
    '.',
    ',',
    '[',
    ']',
    '\\',
    ' ',
    '-',
    '1',
    'random',
    'int',
    'seen',
    'row',
    'a',
    '\n',
    '😀',
  );

  it('throws nothing but TemplateError, with an offset inside the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(pieces).map((p) => p.join('')),
        ),
        (source) => {
          try {
            compileText(source);
            compileJson({ a: [source] });
          } catch (error) {
            expect(error).toBeInstanceOf(TemplateError);
            const { offset, hint } = error as TemplateError;
            expect(offset >= 0 && offset <= source.length && hint.length > 0).toBe(true);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('leaves every text without ${ as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((s) => !s.includes('${')),
        (source) => {
          expect(text(source)).toBe(source);
        },
      ),
    );
  });
});
