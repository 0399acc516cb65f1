import { describe, expect, it } from 'vitest';
import type { CleanupRun } from '../../../src/model/residue.js';
import { residueOf } from '../../../src/state/residue.js';
import { item, lines, reading } from './planted-readings.js';

const off = item('checkout', { enabled: false });
const on = item('checkout', { enabled: true });
const hook = (id: string) =>
  item(id, { url: 'https://a.example/hook' }, { identity2: 'https://a.example/hook' });

function report(...args: Parameters<typeof lines>) {
  const found = residueOf(lines(...args));
  if (!found) throw new Error('no report');
  return { ...found, probe: found.probes[0]! };
}

describe('residue', () => {
  it('is none where nothing was read, which is no pass', () => {
    expect(residueOf([])).toBeNull();
  });

  it('is empty where everything is as before, in any order', () => {
    const { items, probe } = report({ S0a: [off, hook('1')], S1: [on], S2: [hook('1'), off] });
    expect(items).toEqual([]);
    expect(probe).toMatchObject({ state: 'clean', before: 2, after: 2, unknown: [], unstable: [] });
  });

  it('calls a flag that the rollback left on changed, and the upgrade’s', () => {
    const { items, probe } = report({ S0a: [off], S1: [on], S2: [on] });
    expect(items).toMatchObject([
      {
        path: 'flags/checkout',
        change: 'changed',
        origin: 'attributed',
        changes: [{ path: '$.enabled', before: false, upgraded: true, after: true }],
      },
    ]);
    expect(probe.state).toBe('residue');
  });

  it('attributes a flag that the upgrade changed and the rollback changed to something else', () => {
    const { items } = report({ S0a: [off], S1: [on], S2: [item('checkout', { enabled: 'some' })] });
    expect(items).toMatchObject([{ change: 'changed', origin: 'attributed' }]);
  });

  it('does not blame the upgrade for what somebody changed after it', () => {
    const { items } = report({ S0a: [off], S1: [off], S2: [on] });
    expect(items).toMatchObject([{ change: 'changed', origin: 'unattributed' }]);
    expect(report({ S0a: [], S1: [], S2: [on] }).items).toMatchObject([
      { change: 'added', origin: 'unattributed' },
    ]);
    expect(report({ S0a: [off], S1: [off], S2: [] }).items).toMatchObject([
      { change: 'removed', origin: 'unattributed' },
    ]);
  });

  it('tells apart two changes of one item', () => {
    const { items } = report({
      S0a: [item('a', { mine: 1, theirs: 1 })],
      S1: [item('a', { mine: 2, theirs: 1 })],
      S2: [item('a', { mine: 2, theirs: 2 })],
    });
    expect(items.map(({ origin, changes }) => [origin, changes.map(({ path }) => path)])).toEqual([
      ['attributed', ['$.mine']],
      ['unattributed', ['$.theirs']],
    ]);
  });

  it('finds what the upgrade added and what it took away', () => {
    expect(report({ S0a: [], S1: [on], S2: [on] }).items).toMatchObject([
      { change: 'added', origin: 'attributed', changes: [{ path: '$', after: { enabled: true } }] },
    ]);
    expect(report({ S0a: [off], S1: [], S2: [] }).items).toMatchObject([
      { change: 'removed', origin: 'attributed', changes: [{ before: { enabled: false } }] },
    ]);
  });

  it('calls a webhook that was deleted and made again replaced: its id and its secret are new', () => {
    const { items } = report({ S0a: [hook('1'), hook('2')], S1: [hook('2')], S2: [hook('2'), hook('9')] });
    expect(items).toMatchObject([{ key: '1', nowKey: '9', change: 'replaced', origin: 'attributed' }]);
    expect(items).toHaveLength(1);
  });

  it('never says removed from a reading that was cut short', () => {
    const cut = reading('S2', [off], { complete: false, reason: 'page 2: 500' });
    const { items, probe } = report({ S0a: [off, hook('1')], S1: [off, hook('1')], S2: cut });
    expect(items).toEqual([]);
    expect(probe).toMatchObject({ state: 'unknown', after: null });
    expect(probe.unknown).toEqual([{ snapshot: 'S2', reason: 'page 2: 500' }]);
  });

  it('still shows what a cut reading did show', () => {
    const cut = reading('S2', [on], { complete: false, reason: 'page 2: 500' });
    const { items, probe } = report({ S0a: [off], S1: [on], S2: cut });
    expect(items).toMatchObject([{ change: 'changed', origin: 'attributed' }]);
    expect(probe.unknown).toHaveLength(1);
  });

  it('calls nothing added where S0 was cut short', () => {
    const cut = reading('S0a', [], { complete: false, reason: 'timed out' });
    const { items, probe } = report({ S0a: cut, S1: [on], S2: [on] });
    expect(items).toEqual([]);
    expect(probe.state).toBe('unknown');
  });

  it('knows a change but not whose where S1 could not be read', () => {
    const cut = reading('S1', [], { complete: false, reason: 'refused' });
    const { items } = report({ S0a: [off], S1: cut, S2: [on] });
    expect(items).toMatchObject([{ change: 'changed', origin: 'unknown' }]);
    expect(report({ S0a: [off], S1: cut, S2: [off] }).probe.state).toBe('clean');
  });

  it('is unknown where a snapshot was never taken', () => {
    expect(report({ S0a: [off], S1: [off] }).probe).toMatchObject({
      state: 'unknown',
      unknown: [{ snapshot: 'S2' }],
    });
  });

  it('sets aside what flaps by itself, and says so', () => {
    const at = (counter: number, enabled: boolean) => [item('a', { counter, enabled })];
    const flapping = report({ S0a: at(1, false), S0b: at(2, false), S1: at(3, false), S2: at(4, false) });
    expect(flapping.items).toEqual([]);
    expect(flapping.probe).toMatchObject({ state: 'unstable', unstable: ['a: $.counter'] });
    const left = report({ S0a: at(1, false), S0b: at(2, false), S1: at(3, true), S2: at(4, true) });
    expect(left.items).toMatchObject([{ changes: [{ path: '$.enabled' }] }]);
    expect(left.probe.unstable).toHaveLength(1);
  });

  it('sets aside an item that came or went between the readings of S0', () => {
    const { items, probe } = report({ S0a: [off], S0b: [off, hook('1')], S1: [off], S2: [off, hook('1')] });
    expect(items).toEqual([]);
    expect(probe.unstable).toEqual(['1: $']);
  });

  it('holds what should stay upgraded against S1', () => {
    const expected = { expect: 'upgraded' } as const;
    expect(report({ S0a: [off], S1: [on], S2: [on] }, expected).items).toEqual([]);
    expect(report({ S0a: [off], S1: [on], S2: [off] }, expected).items).toMatchObject([
      { change: 'changed', origin: 'attributed', note: 'expected to stay as the upgrade left it' },
    ]);
    expect(report({ S0a: [off], S2: [on] }, expected).probe.state).toBe('unknown');
  });

  it('finds what must be absent, and says what was there before', () => {
    const { items, probe } = report(
      { S0a: [off], S1: [off, hook('1')], S2: [off, hook('1'), hook('2')] },
      { expect: 'absent' },
    );
    expect(items.map(({ key, origin }) => [key, origin])).toEqual([
      ['checkout', 'pre-existing'],
      ['1', 'attributed'],
      ['2', 'unattributed'],
    ]);
    expect(probe.state).toBe('residue');
    expect(report({ S0a: [off], S1: [off], S2: [off] }, { expect: 'absent' }).probe.state).toBe('clean');
  });

  it('ignores what it is told to', () => {
    const { items, probe } = report({ S0a: [off], S1: [on], S2: [on] }, { expect: 'ignore' });
    expect(items).toEqual([]);
    expect(probe.state).toBe('ignored');
  });

  it('shows what was odd before and still is as pre-existing', () => {
    const invalid = item('idx', { valid: false }, { odd: 'an invalid index' });
    const { items, probe } = report({ S0a: [invalid], S1: [invalid], S2: [invalid] });
    expect(items).toMatchObject([{ key: 'idx', origin: 'pre-existing', odd: 'an invalid index' }]);
    expect(probe.state).toBe('clean');
  });

  describe('cleanup', () => {
    const run = (round: 1 | 2, ok = true): CleanupRun => ({
      type: 'cleanup',
      round,
      name: 'flags/checkout',
      command: 'curl …',
      fromUs: 3,
      toUs: 4,
      ok,
    });
    const cleaned = (S3a: (typeof off)[], S3b: (typeof off)[], runs = [run(1), run(2)]) =>
      residueOf([...lines({ S0a: [off], S1: [on], S2: [on], S3a, S3b }), ...runs])?.cleanup;

    it('is proven by S3 = S0 after one round and after the second', () => {
      expect(cleaned([off], [off])).toMatchObject({ proven: true, afterFirst: [], items: [], unknown: [] });
    });
    it('is not proven where a second run undoes the first', () => {
      expect(cleaned([off], [on])).toMatchObject({ proven: false, items: [{ key: 'checkout' }] });
    });
    it('is not proven where it needs two runs, or its second run fails', () => {
      expect(cleaned([on], [off])).toMatchObject({ proven: false, afterFirst: [{ key: 'checkout' }] });
      expect(cleaned([off], [off], [run(1), run(2, false)])).toMatchObject({ proven: false });
    });
    it('is not proven where S3 was not read', () => {
      const cut = reading('S3b', [off], { complete: false, reason: 'refused' });
      const found = residueOf([...lines({ S0a: [off], S1: [on], S2: [on], S3a: [off], S3b: cut }), run(1)]);
      expect(found?.cleanup).toMatchObject({ proven: false, unknown: [{ probe: 'flags' }] });
    });
    it('puts the command beside what it cleans', () => {
      const found = residueOf([
        ...lines({ S0a: [off], S1: [on], S2: [on] }),
        { type: 'command', path: 'flags/checkout', command: 'curl -X DELETE …' },
      ]);
      expect(found?.items[0]?.command).toBe('curl -X DELETE …');
      expect(found?.cleanup).toBeNull();
    });
  });
});
