import { describe, expect, it } from 'vitest';
import { itemsIn, type ItemShape } from '../../../src/state/items.js';
import { canonical, normalized } from '../../../src/state/normalize.js';
import { redactor } from '../../../src/state/redact.js';

const redact = redactor(new Uint8Array([1, 2, 3]));
const shape = (more: Partial<ItemShape> = {}): ItemShape => ({
  select: '$.items[*]',
  key: ['$.id'],
  ignore: [],
  normalize: {},
  redact: [],
  ...more,
});
const read = (items: unknown[], more: Partial<ItemShape> = {}) => itemsIn([{ items }], shape(more), redact);

describe('items', () => {
  it('come from all pages, each under its key, whatever their order', () => {
    const pages = [{ items: [{ id: 2 }] }, { items: [{ id: 1 }, { id: 'a b' }] }];
    expect(itemsIn(pages, shape(), redact).items.map(({ key }) => key)).toEqual(['2', '1', 'a b']);
  });
  it('have keys of several parts', () => {
    expect(read([{ id: 1, env: 'prod' }], { key: ['$.env', '$.id'] }).items[0]?.key).toBe('prod / 1');
  });
  it('are not told apart by index: a missing or shared key is a problem', () => {
    expect(read([{ id: 1 }, { name: 'x' }])).toMatchObject({ problem: 'an item has no $.id' });
    expect(read([{ id: 1 }, { id: '1' }])).toMatchObject({
      problem: expect.stringContaining('two items') as string,
    });
  });
  it('are the whole document without a selector', () => {
    expect(itemsIn([{ a: 1 }], shape({ select: undefined, key: undefined }), redact)).toEqual({
      items: [{ key: '$', value: { a: 1 } }],
    });
  });
  it('are compared without what is ignored, deeply and by filter', () => {
    const raw = {
      id: 1,
      updated_at: 5,
      rules: [
        { n: 1, at: 2 },
        { n: 3, at: 4 },
      ],
    };
    const { items } = read([raw], { ignore: ['$.updated_at', '$..at', '$.rules[?@.n==3]'] });
    expect(items[0]?.value).toEqual({ id: 1, rules: [{ n: 1 }] });
    expect(raw.updated_at).toBe(5);
  });
  it('are compared by what is projected alone', () => {
    const { items } = read([{ id: 1, on: true, note: 'x', tags: ['a', 'b'] }], {
      project: ['$.on', '$.tags[*]'],
    });
    expect(items[0]?.value).toEqual({ on: true, 'tags[*]': ['a', 'b'] });
  });
  it('keep a salted hash of what is redacted, comparable within a run', () => {
    const one = read([{ id: 1, secret: 'hunter2' }], { redact: ['$.secret'] }).items[0];
    const again = read([{ secret: 'hunter2', id: 1 }], { redact: ['$.secret'] }).items[0];
    const other = itemsIn(
      [{ items: [{ id: 1, secret: 'hunter2' }] }],
      shape({ redact: ['$.secret'] }),
      redactor(new Uint8Array([9])),
    );
    expect(JSON.stringify(one)).not.toContain('hunter2');
    expect(one).toEqual(again);
    expect(other.items[0]?.value).not.toEqual(one?.value);
    const changed = read([{ id: 1, secret: 'hunter3' }], { redact: ['$.secret'] }).items[0];
    expect(changed?.value).not.toEqual(one?.value);
  });
  it('never show a redacted key', () => {
    const { items } = read([{ id: 'sk-live-1' }], { redact: ['$.id'], identity2: '$.id' });
    expect(JSON.stringify(items)).not.toContain('sk-live');
  });
  it('have a second identity', () => {
    expect(read([{ id: 1, url: 'u' }], { identity2: '$.url' }).items[0]?.identity2).toBe('"u"');
  });
});

describe('normalised values', () => {
  it.each([
    ['trim', ' a ', 'a'],
    ['lowercase', 'AbC', 'abc'],
    ['sort', [3, 'a', 1], ['a', 1, 3]],
    ['number', '1e3', 1000],
    ['number', 'abc', 'abc'],
    ['timestamp', '2026-01-01T01:00:00+01:00', '2026-01-01T00:00:00.000Z'],
    ['timestamp', 'soon', 'soon'],
    ['url', 'HTTP://EXAMPLE.com:80', 'http://example.com/'],
    ['json', '{"a":[1]}', { a: [1] }],
  ] as const)('%s of %j', (how, from, to) => {
    expect(normalized(from, how)).toEqual(to);
  });
  it('have one text, whatever the order of their keys', () => {
    expect(canonical({ b: [1, { d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[1,{"c":null,"d":1}]}');
  });
});
