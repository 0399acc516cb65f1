import { describe, expect, it } from 'vitest';
import { checkKey, type KeyHistory, type KeyWrite } from '../../../src/ledger/check-key.js';
import type { FoundRow } from '../../../src/ledger/history.js';
import { isSameValue } from '../../../src/ledger/same-value.js';

const same = (_column: string, written: Parameters<typeof isSameValue>[1], found: string | null) =>
  isSameValue('text', written, found);

let clock = 0;
function write(op: KeyWrite['op'], values: KeyWrite['values'] = {}, more: Partial<KeyWrite> = {}): KeyWrite {
  clock += 10;
  return {
    op,
    values,
    endpoint: 0,
    phase: 'baseline',
    sentUs: clock,
    endUs: clock + 5,
    state: 'acknowledged',
    ...more,
  };
}
const maybe = { state: 'indeterminate' } as const;
const refused = { state: 'rejected', reason: '422' } as const;

const check = (writes: KeyWrite[], rows: FoundRow[], more: Partial<KeyHistory> = {}) =>
  checkKey({ writes, ...more }, rows, same);
const classes = (...of: Parameters<typeof check>) =>
  check(...of).losses.map((loss) =>
    loss.column === undefined ? loss.class : `${loss.class} ${loss.column}`,
  );

describe('what is found as it was written', () => {
  it.each([
    ['a create', [write('create', { s: 'open' })], [{ s: 'open' }]],
    ['an update of it', [write('create', { s: 'open' }), write('update', { s: 'paid' })], [{ s: 'paid' }]],
    ['a delete', [write('create'), write('delete')], []],
    [
      'an update of a row that was there before',
      [write('update', { s: 'paid' })],
      [{ s: 'paid', other: 'x' }],
    ],
    ['a value the create left to the system', [write('create', { n: 1 })], [{ n: '1', s: 'whatever' }]],
    ['null', [write('create', { s: null })], [{ s: null }]],
    ['a rejected create', [write('create', {}, refused)], []],
    [
      'a create refused because the key was there before us',
      [write('create', { s: 'open' }, { state: 'rejected', reason: '409', conflict: true })],
      [{ s: 'open' }],
    ],
    [
      'a retry refused because the first attempt had landed',
      [
        write('create', { s: 'open' }, maybe),
        write('create', { s: 'open' }, { state: 'rejected', reason: '409', conflict: true }),
      ],
      [{ s: 'open' }],
    ],
  ] as [string, KeyWrite[], FoundRow[]][])('%s', (_what, writes, rows) => {
    expect(check(writes, rows).losses).toEqual([]);
  });

  it('either of two writes that were under way together', () => {
    const both = [write('create', { s: '0' }), write('update', { s: '1' }), write('update', { s: '2' })];
    both[1]!.endUs = both[2]!.endUs;
    expect(classes(both, [{ s: '1' }])).toEqual([]);
    expect(classes(both, [{ s: '2' }])).toEqual([]);
    expect(classes(both, [{ s: '0' }])).toEqual(['reverted update s']);
  });
});

describe('an indeterminate write', () => {
  it('may have landed or not, and is told apart', () => {
    const writes = [write('create', { s: 'open' }), write('update', { s: 'paid' }, maybe)];
    expect(check(writes, [{ s: 'paid' }])).toEqual({ losses: [], landed: 1 });
    expect(check(writes, [{ s: 'open' }])).toEqual({ losses: [], landed: 0 });
    const create = [write('create', { s: 'open' }, maybe)];
    expect(check(create, [{ s: 'open' }])).toEqual({ losses: [], landed: 1 });
    expect(check(create, [])).toEqual({ losses: [], landed: 0 });
  });

  it('may land after what was acknowledged later', () => {
    const writes = [
      write('create', { s: 'open' }),
      write('update', { s: 'old' }, maybe),
      write('update', { s: 'new' }),
    ];
    expect(classes(writes, [{ s: 'old' }])).toEqual([]);
    expect(classes(writes, [{ s: 'open' }])).toEqual(['reverted update s']);
  });

  it('that an audit saw landed is lost when it is gone later', () => {
    const writes = [write('create', { s: 'open' }, maybe)];
    const sighting = { atUs: clock + 100, row: { s: 'open' } };
    expect(classes(writes, [], { sighting })).toEqual(['row lost']);
    expect(classes(writes, [{ s: null }], { sighting })).toEqual(['value lost s']);
    expect(classes(writes, [{ s: 'open' }], { sighting })).toEqual([]);
  });

  it('that an audit did not see may still land', () => {
    const writes = [write('create', { s: 'open' }, maybe)];
    const sighting = { atUs: clock + 100, row: undefined };
    expect(classes(writes, [], { sighting })).toEqual([]);
    expect(classes(writes, [{ s: 'open' }], { sighting })).toEqual([]);
    expect(classes(writes, [{ s: 'shut' }], { sighting })).toEqual(['changed s']);
  });
});

describe('each class of loss', () => {
  const acknowledged = () => [write('create', { s: 'open', n: 7 })];
  it.each([
    ['row lost', acknowledged(), []],
    ['value lost s', acknowledged(), [{ s: null, n: '7' }]],
    ['truncated s', acknowledged(), [{ s: 'op', n: '7' }]],
    ['changed s', acknowledged(), [{ s: 'shut', n: '7' }]],
    [
      'duplicated',
      acknowledged(),
      [
        { s: 'open', n: '7' },
        { s: 'open', n: '7' },
      ],
    ],
    ['reverted update s', [...acknowledged(), write('update', { s: 'paid' })], [{ s: 'open', n: '7' }]],
    ['resurrected delete', [...acknowledged(), write('delete')], [{ s: 'open', n: '7' }]],
    ['phantom', [write('create', { s: 'open' }, refused)], [{ s: 'open' }]],
    ['phantom s', [...acknowledged(), write('update', { s: 'paid' }, refused)], [{ s: 'paid', n: '7' }]],
    ['row lost', [write('update', { s: 'paid' })], []],
  ] as [string, KeyWrite[], FoundRow[]][])('%s', (expected, writes, rows) => {
    expect(classes(writes, rows)).toEqual([expected]);
  });

  it('several values of one row are each told', () => {
    expect(classes(acknowledged(), [{ s: null, n: '8' }])).toEqual(['value lost s', 'changed n']);
  });

  it('half of one write and half of another', () => {
    const writes = [write('create', { s: 'a', n: 'a' }), write('update', { s: 'b', n: 'b' }, maybe)];
    expect(classes(writes, [{ s: 'b', n: 'a' }])).toEqual(['changed s + n']);
  });

  it('half of one write and half of another, also beside a value that is wrong by itself', () => {
    const writes = [
      write('create', { s: 'a', n: 'a', gone: 'x' }),
      write('update', { s: 'b', n: 'b' }, maybe),
    ];
    expect(classes(writes, [{ s: 'b', n: 'a', gone: null }])).toEqual(['value lost gone', 'changed s + n']);
  });

  it('names the write, and what it might be', () => {
    const writes = [write('create', { s: 'open' }), write('update', { s: 'paid' }, { phase: 'soak' })];
    const [loss] = check(writes, [{ s: null }]).losses;
    expect(loss).toMatchObject({ class: 'value lost', expected: ['paid'], found: null });
    expect(loss?.write?.phase).toBe('soak');
  });
});
