import { describe, expect, it } from 'vitest';
import { indexOf } from '../../../src/histogram/layout.js';
import { infiniteCode, type PageData } from '../../../src/model/page-data.js';
import { pageDataOf } from '../../../src/report/html/page-data-of.js';
import { nearest } from '../../../src/web/cursor.js';
import { packLanes } from '../../../src/web/pack-lanes.js';
import { allEndpoints, latencyMs, PageStore } from '../../../src/web/page-store.js';
import { sampleView } from '../report/sample-view.js';
import { sampleVerdict } from '../results/sample.js';

const data = (): PageData => structuredClone(pageDataOf(sampleView(), sampleVerdict()));

describe('the store of a page', () => {
  it('gives latencies in ms, drops as Infinity, and what was not recorded as null', () => {
    const store = new PageStore(data());
    expect(store.seconds().slice(0, 2)).toEqual([0.5, 1.5]);
    expect(store.series(0, 'p99')[5]).toBe(10.007);
    expect(store.series(0, 'p99')[9]).toBe(Number.POSITIVE_INFINITY);
    expect(store.series(allEndpoints, 'intended')[9]).toBe(102);
    expect([latencyMs(null), latencyMs(infiniteCode), latencyMs(indexOf(1_500))]).toEqual([
      null,
      Number.POSITIVE_INFINITY,
      1.5,
    ]);
  });

  it('grows by what a live feed adds; a second that it skips is not known', () => {
    const store = new PageStore(data());
    let told = 0;
    store.listen(() => (told += 1));
    store.apply({
      type: 'second',
      second: 21,
      all: [7, 5, 1, 1, indexOf(2_000), infiniteCode, infiniteCode],
      endpoints: [[7, 5, 1, 1, indexOf(2_000), infiniteCode, infiniteCode], null],
    });
    expect(told).toBe(1);
    expect(store.seconds()).toHaveLength(22);
    expect(store.series(0, 'ok').slice(19)).toEqual([100, null, 5]);
    expect(store.series(0, 'p50').slice(20)).toEqual([null, 2]);
    expect(store.series(1, 'intended').slice(20)).toEqual([null, 0]);
    expect(store.series(1, 'p50').slice(20)).toEqual([null, null]);
    expect(store.data.span.toUs).toBe(22_000_000);
  });

  it('takes waits with the sessions they name, and replaces findings', () => {
    const store = new PageStore(data());
    const { waits, parties } = store.data.locks!;
    store.apply({
      type: 'wait',
      wait: { ...waits[0]!, waiter: parties.length },
      parties: [{ pid: 9, kind: 'service', who: 'service late' }],
    });
    expect(store.data.locks!.parties[store.data.locks!.waits.at(-1)!.waiter]!.who).toBe('service late');
    store.apply({ type: 'findings', findings: [], notices: [] });
    expect(store.data.findings).toEqual([]);
  });
});

it('finds the point nearest to an instant', () => {
  const xs = [0.5, 1.5, 2.5, 9.5];
  expect([-3, 0.9, 1.1, 5.9, 6.1, 99].map((at) => nearest(xs, at))).toEqual([0, 0, 1, 2, 3, 3]);
  expect(nearest([], 1)).toBe(-1);
});

it('packs spans into as few lanes as they overlap', () => {
  const span = (fromUs: number, toUs: number) => ({ fromUs, toUs });
  const lanes = packLanes([span(5, 9), span(0, 4), span(1, 3), span(4, 5), span(2, 6)]);
  expect(lanes.map((lane) => lane.map(({ fromUs }) => fromUs))).toEqual([[0, 4, 5], [1], [2]]);
});
