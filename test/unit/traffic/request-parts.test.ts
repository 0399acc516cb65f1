import { describe, expect, it } from 'vitest';
import { expectSchema } from '../../../src/model/scenario.js';
import { CapturePools } from '../../../src/traffic/capture-pools.js';
import { Deadlines } from '../../../src/traffic/deadlines.js';
import { compileHttpExpectation, compileSqlExpectation } from '../../../src/traffic/expectation.js';
import { shardShare } from '../../../src/traffic/shard-share.js';
import { VariantSwitches } from '../../../src/traffic/variant-switches.js';

const request = { id: 'baseline-7' };

describe('compileHttpExpectation', () => {
  it.each([
    [{}, 204, '', undefined],
    [{}, 404, '', '404'],
    [{}, 302, '', '302'],
    [{ status: 404 }, 404, '', undefined],
    [{ status: [200, 404] }, 500, '', '500'],
    [{ bodyIncludes: 'ok' }, 200, 'all ok', undefined],
    [{ bodyIncludes: 'ok' }, 200, 'no', 'body text'],
    [{ json: { '$.a[0]': 1 } }, 200, '{"a":[1]}', undefined],
    [{ json: { '$.a[0]': 1 } }, 200, '{"a":["1"]}', 'body $.a[0]'],
    [{ json: { '$.a': null } }, 200, '{}', 'body $.a'],
    [{ json: { '$.a': 1e20 } }, 200, '{"a":100000000000000000000}', undefined],
    [{ json: { '$.a': 1e20 } }, 200, '{"a":200000000000000000000}', 'body $.a'],
    [{ json: { '$.a': 1 } }, 200, '<html>', 'body is not JSON'],
    [{ json: { '$.a': 1 } }, 503, '<html>', '503'],
    [{ json: { $: '${request.id}' } }, 200, '"baseline-7"', undefined],
    [{ json: { $: '${request.id}' } }, 200, '"baseline-8"', 'body $'],
  ])('%j judges %d %j as %s', (expectation, status, body, reason) => {
    const end = compileHttpExpectation(expectSchema.parse(expectation), false).judge(status, body, request);
    expect(end.reason).toBe(reason);
    expect(end.kind).toBe(reason === undefined ? 'ok' : 'httpError');
  });

  it('reads the body only where something needs it', () => {
    expect(compileHttpExpectation({ status: 200 }, false).needsBody).toBe(false);
    expect(compileHttpExpectation({ status: 200 }, true).needsBody).toBe(true);
    expect(compileHttpExpectation({}, true).judge(200, '{"id":3}', request).answer).toEqual({ id: 3 });
    const long = compileHttpExpectation({}, true).judge(200, '{"id":9007199254740993}', request);
    expect(long.answer).toEqual({ id: '9007199254740993' });
    expect(compileHttpExpectation({}, true).judge(204, '', request)).toEqual({ kind: 'ok' });
  });
});

describe('compileSqlExpectation', () => {
  it.each([
    [{}, [], 0, undefined],
    [{ rows: 1 }, [{ id: 1 }], 1, undefined],
    [{ rows: 1 }, [], 0, 'rows 0'],
    [{ rows: 2 }, [], 2, undefined],
    [{ json: { '$[0].id': 1 } }, [{ id: 2 }], 1, 'body $[0].id'],
  ])('%j judges %j (%d) as %s', (expectation, rows, count, reason) => {
    expect(compileSqlExpectation(expectSchema.parse(expectation))(rows, count, request).reason).toBe(reason);
  });
});

describe('CapturePools', () => {
  it('keeps the newest 10 000, and draws evenly from what it has', () => {
    const pools = new CapturePools({ order: [1, 2, 3, 4] });
    expect([0, 0.25, 0.5, 0.999].map((draw) => pools.draw('order', draw))).toEqual([1, 2, 3, 4]);
    expect(pools.draw('none', 0.5)).toBeUndefined();
    for (let i = 5; i <= 10_003; i++) pools.add('order', i);
    const kept = new Set(Array.from({ length: 10_000 }, (_, i) => pools.draw('order', (i + 0.5) / 10_000)));
    expect(kept.size).toBe(10_000);
    expect([1, 2, 3, 4, 10_003].map((value) => kept.has(value))).toEqual([false, false, false, true, true]);
  });

  it('does not keep what an answer lacked', () => {
    const pools = new CapturePools({});
    pools.add('order', undefined);
    pools.add('order', null);
    expect(pools.draw('order', 0)).toBeUndefined();
  });
});

describe('VariantSwitches', () => {
  it('switches by the intended start, and gives each its share', () => {
    const switches = new VariantSwitches([0.5, 0.25]);
    switches.set(1, true, 3000);
    switches.set(0, true, 1000);
    switches.set(0, false, 5000);
    const choose = (at: number) => [0, 0.3, 0.6, 0.9].map((draw) => switches.choose(at, () => draw));
    expect(choose(999)).toEqual([-1, -1, -1, -1]);
    expect(choose(1000)).toEqual([0, 0, -1, -1]);
    expect(choose(3000)).toEqual([0, 0, 1, -1]);
    expect(choose(5000)).toEqual([1, -1, -1, -1]);
  });
});

describe('Deadlines', () => {
  it('expires in order, each timeout on its own', () => {
    const deadlines = new Deadlines<{ id: number; timeoutUs: number; deadlineUs: number }>();
    const items = [1, 2, 3, 4].map((id) => ({
      id,
      timeoutUs: id % 2 ? 100 : 1000,
      deadlineUs: id + (id % 2 ? 100 : 1000),
    }));
    for (const item of items) deadlines.add(item);
    const expired: number[] = [];
    const sweep = (nowUs: number) =>
      deadlines.sweep(nowUs, (item) => {
        expired.push(item.id);
        deadlines.remove(item);
      });
    sweep(100);
    expect(expired).toEqual([]);
    deadlines.remove(items[0]!);
    sweep(103);
    expect(expired).toEqual([3]);
    sweep(5000);
    expect(expired).toEqual([3, 2, 4]);
    expect([...deadlines.all()]).toEqual([]);
  });
});

describe('shardShare', () => {
  it.each([
    [10, 3, [4, 3, 3]],
    [64, 1, [64]],
    [1, 2, [1, 1]],
  ])('%d over %d workers', (total, of, expected) => {
    expect(expected.map((_, index) => shardShare(total, { index, of }))).toEqual(expected);
  });
});
