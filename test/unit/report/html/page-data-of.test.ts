import { describe, expect, it } from 'vitest';
import { indexOf } from '../../../../src/histogram/layout.js';
import { unpackColumn } from '../../../../src/model/page-column.js';
import { infiniteCode } from '../../../../src/model/page-data.js';
import type { ResultView } from '../../../../src/model/result.js';
import { blockedSeconds } from '../../../../src/report/html/blocked-seconds.js';
import { pageDataOf } from '../../../../src/report/html/page-data-of.js';
import { pageLocks } from '../../../../src/report/html/page-locks.js';
import { pageTraffic } from '../../../../src/report/html/page-traffic.js';
import { renderPage } from '../../../../src/report/html/render-page.js';
import { lockWait, sampleVerdict } from '../../results/sample.js';
import { sampleView } from '../sample-view.js';
import { hostile, hostileView } from './hostile-view.js';

const s = 1_000_000;
const page = (overrides: Partial<ResultView> = {}) => pageDataOf(sampleView(overrides), sampleVerdict());

describe('the traffic of a page', () => {
  it('has each second of each endpoint as it was recorded', () => {
    const { traffic } = page();
    expect(traffic).toMatchObject({ firstSecond: 0, secondsPerPoint: 1, points: 20 });
    const [create, read] = traffic.endpoints;
    expect(unpackColumn(create!.intended)).toEqual(Array<number>(20).fill(100));
    expect(unpackColumn(create!.ok)).toEqual(
      Array.from({ length: 20 }, (_, at) => (at >= 7 && at < 12 ? 92 : 100)),
    );
    expect(unpackColumn(create!.failed)[9]).toBe(3);
    expect(unpackColumn(create!.dropped)[9]).toBe(5);
    expect(unpackColumn(read!.intended)[9]).toBe(2);
    expect(unpackColumn(traffic.all.intended)[9]).toBe(102);
    // 95 answers, 47 of them at 4.1 s, and 5 drops: half within 10 ms, the slowest ones ∞.
    expect(unpackColumn(create!.p50)[9]).toBe(indexOf(4_100_000));
    expect(unpackColumn(create!.p99)[9]).toBe(infiniteCode);
    expect(unpackColumn(create!.p99)[5]).toBe(indexOf(10_000));
    // 2 and 3 ms.
    expect(unpackColumn(read!.p50)[5]).toBe(indexOf(2_000));
    expect(unpackColumn(read!.p999)[5]).toBe(indexOf(3_000));
    expect(unpackColumn(traffic.all.p50)[5]).toBe(indexOf(10_000));
  });

  it('does not know a second that was not recorded, and knows that nothing was asked in one that was', () => {
    const view = sampleView();
    view.seconds = view.seconds.filter(({ second }) => second !== 4);
    view.series = view.series.filter(({ second }) => second !== 4 && second !== 6);
    view.seconds.find(({ second }) => second === 6)!.tallies = [];
    const { all, endpoints } = pageDataOf(view, sampleVerdict()).traffic;
    for (const series of [all, ...endpoints]) {
      expect(unpackColumn(series.intended).slice(4, 7)).toEqual([null, expect.any(Number), 0]);
      expect(unpackColumn(series.p99).slice(4, 7)).toEqual([null, expect.any(Number), null]);
    }
  });

  it('adds up two phases that share a second', () => {
    const view = sampleView();
    const second = view.seconds[7]!;
    second.tallies.push({ ...second.tallies[0]!, phase: 1, intended: 10, ok: 10, httpError: 0, dropped: 0 });
    view.series.push({
      endpoint: 0,
      phase: 1,
      kind: 'response',
      second: 7,
      index: [indexOf(9 * s)],
      count: [200],
    });
    const { endpoints } = pageDataOf(view, sampleVerdict()).traffic;
    expect(unpackColumn(endpoints[0]!.intended)[7]).toBe(110);
    expect(unpackColumn(endpoints[0]!.p50)[7]).toBe(indexOf(9 * s));
  });

  it('of a run that is too long for it keeps every extreme, and says what a point stands for', () => {
    const traffic = pageTraffic(sampleView(), { firstSecond: 0, lastSecond: 19 }, 30);
    expect(traffic).toMatchObject({ secondsPerPoint: 2, points: 10 });
    const ok = unpackColumn(traffic.endpoints[0]!.ok);
    expect([Math.min(...(ok as number[])), Math.max(...(ok as number[]))]).toEqual([92, 100]);
    // The drops of 7–12 s: the runs of four seconds from 4 s and from 8 s on.
    expect(unpackColumn(traffic.endpoints[0]!.dropped)).toEqual([0, 0, 0, 5, 5, 5, 0, 0, 0, 0]);
  });

  it('says what the objectives allow', () => {
    expect(page().traffic.limits).toEqual([
      { endpoint: 0, percentile: 'p99', ms: 250 },
      { endpoint: 1, percentile: 'p99', ms: 250 },
    ]);
  });

  it('draws nothing for a clock that jumped an hour, and says so', () => {
    const view = sampleView();
    view.seconds.push({ ...view.seconds[0]!, second: 3_600 });
    const data = pageDataOf(view, sampleVerdict());
    expect(data.traffic.points).toBe(20);
    expect(data.notices[0]).toEqual({
      weight: 'bad',
      text: 'The clock jumped: 1 second of traffic lies far behind the last phase and is not drawn. Instants on this page may be wrong.',
    });
  });
});

describe('the percentile curves of a page', () => {
  it('are of every endpoint, phase and kind, drops as +∞ in the response time only', () => {
    const { curves } = page();
    // 2 endpoints × 6 phases × 2 kinds.
    expect(curves).toHaveLength(24);
    const of = (kind: string) =>
      curves.find((c) => c.endpoint === 0 && c.phase === 'upgrade' && c.kind === kind)!;
    expect(of('response')).toMatchObject({ samples: 475, drops: 25 });
    expect(of('service')).toMatchObject({ samples: 475, drops: 0 });
    expect(unpackColumn(of('response').codes)[0]).toBe(indexOf(10_000));
    expect(unpackColumn(of('response').codes).at(-1)).toBe(infiniteCode);
    expect(unpackColumn(of('service').codes).at(-1)).toBe(indexOf(4_100_000));
  });
});

describe('the lock waits of a page', () => {
  it('name each session once, and everyone in front from the nearest to the root', () => {
    const locks = page().locks!;
    expect(locks.waits).toHaveLength(49);
    // 48 of the shop, the step and the report.
    expect(locks.parties).toHaveLength(50);
    const [first] = locks.waits;
    expect(locks.parties[first!.waiter]).toMatchObject({ pid: 100, who: 'service shop', kind: 'service' });
    expect(first!.ahead.map((at) => locks.parties[at]!.who)).toEqual([
      'upgrade.add status',
      'background nightly report',
    ]);
    expect(first).toMatchObject({ rootSeen: true, whose: 'behind a step', target: 'orders' });
    expect(locks.holders).toEqual([{ party: first!.ahead[1], fromUs: 8 * s, toUs: 12.1 * s, waits: 49 }]);
  });

  it('keep the longest and those of steps where there are too many, and say what was left out', () => {
    const other = (durationMs: number) => lockWait({ blockers: [], chain: [], root: undefined, durationMs });
    const view = sampleView({
      lockWaits: [other(9_000), other(10), other(8_000), lockWait({ durationMs: 5 })],
    });
    const locks = pageLocks(view, { firstSecond: 0, lastSecond: 19, secondsPerPoint: 1 }, 2)!;
    expect(locks.waits.map(({ durationMs }) => durationMs).sort()).toEqual([5, 9_000]);
    expect(locks.leftOut).toEqual({ waits: 2, longestMs: 8_000 });
  });

  it('are nothing where nothing watched, and none where somebody did', () => {
    expect(page({ lockWaits: [], lockCoverage: null }).locks).toBeNull();
    expect(page({ lockWaits: [] }).locks).toMatchObject({ waits: [], holders: [] });
  });

  it('count the most that waited at once in each second', () => {
    const at = (fromUs: number, toUs: number, behind: boolean) =>
      lockWait({ fromUs, toUs, ...(!behind && { blockers: [], chain: [], root: undefined }) });
    const lockWaits = [at(1.2 * s, 1.6 * s, true), at(1.5 * s, 3.5 * s, false), at(1.7 * s, 1.8 * s, true)];
    const { all, behindSteps } = blockedSeconds(
      { lockWaits, lockCoverage: { ...sampleView().lockCoverage!, gaps: [[3.2 * s, 6.1 * s]] } },
      { firstSecond: 0, lastSecond: 7 },
    );
    // In 4 and 5 s nobody looked; in 3 s a wait is known, in 6 s somebody looked again.
    expect(all).toEqual([0, 2, 1, 1, null, null, 0, 0]);
    expect(behindSteps).toEqual([0, 1, 0, 0, null, null, 0, 0]);
  });

  it('are not counted as none where nothing was sampled', () => {
    const { all } = blockedSeconds({ lockWaits: [], lockCoverage: null }, { firstSecond: 0, lastSecond: 1 });
    expect(all).toEqual([null, null]);
  });
});

describe('the findings of a page', () => {
  it('lead to their window, endpoint, lock wait and statement', () => {
    const findings = page().findings.flatMap((group) => group.findings);
    const latency = findings.find(({ rule }) => rule === 'latency')!;
    expect(latency).toMatchObject({ weight: 'NO-GO', howBad: '4.1 s against a limit of 250 ms (16 times)' });
    const { locks } = page();
    expect(latency.evidence).toMatchObject({ fromUs: 7 * s, toUs: 17 * s, endpoint: 0 });
    expect(locks!.waits[latency.evidence.wait!]).toMatchObject({ durationMs: 4_100, whose: 'behind a step' });
  });

  it('of a step without a window lead to the time of the step', () => {
    const waited = page()
      .findings.flatMap((group) => group.findings)
      .find(({ rule }) => rule === 'lock-wait')!;
    expect(waited.evidence).toMatchObject({ fromUs: 7.1 * s, toUs: 12 * s });
  });
});

describe('what a page says first', () => {
  it('is that the run was cut short, and what is damaged or was not observed', () => {
    const { state, notices } = page({
      complete: false,
      ended: 'interrupted',
      damage: ['lock-waits.ndjson:7: not JSON'],
      degraded: [{ source: 'server log', lost: 'not readable' }],
    });
    expect(state).toBe('incomplete');
    expect(notices).toEqual([
      { weight: 'bad', text: expect.stringMatching(/^INCOMPLETE: /) as string },
      { weight: 'bad', text: 'damaged: lock-waits.ndjson:7: not JSON' },
      { weight: 'note', text: 'not observed (server log): not readable' },
    ]);
  });

  it('is nothing of a run that went well', () => {
    expect(page()).toMatchObject({ state: 'complete', notices: [] });
  });
});

describe('the sections of a page', () => {
  it('say of what was not recorded that it was not', () => {
    const { sections, server } = page({ server: [], fingerprint: null, residue: null, audits: [] });
    const told = (id: string) =>
      sections
        .find((section) => section.id === id)!
        .lines.map(({ text }) => text)
        .join(' ');
    for (const id of ['ledger', 'rollback', 'residue', 'server', 'environment']) {
      expect(told(id)).toMatch(/^Not recorded: /);
    }
    expect(server).toBeNull();
  });

  it('have unique ids, and a row in the statement trace for each statement', () => {
    const { sections } = page();
    const ids = sections.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const rows = sections.find(({ id }) => id === 'trace')!.tables[0]!.rows;
    expect(rows.map(({ cells }) => cells)).toEqual([
      ['add status'],
      [
        '3',
        'ALTER TABLE orders ADD COLUMN status text DEFAULT gen_random_uuid()',
        'AccessExclusiveLock on orders (+1)',
        'rewrites orders',
        '232 ms',
      ],
    ]);
  });
});

describe('the document of a page', () => {
  const assets = { script: 'run()', style: 'p{}', scriptSha256: 'AAA=', styleSha256: 'BBB=' };
  const html = renderPage({
    title: hostile,
    data: pageDataOf(hostileView(), sampleVerdict()),
    assets,
    withoutScript: [hostile],
  });

  it('has no markup but its own, whatever the names, statements and log lines say', () => {
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script/g)).toHaveLength(2);
    expect(html.match(/<img|<!--/g)).toBeNull();
    expect(html).toContain('<title>&lt;/script&gt;&lt;script&gt;');
  });

  it('hands the data on as it was', () => {
    const [, json] = /<script type="application\/json" id="page-data">(.*)<\/script>/.exec(html)!;
    expect(JSON.parse(json!)).toEqual(JSON.parse(JSON.stringify(pageDataOf(hostileView(), sampleVerdict()))));
  });

  it('forbids the network, and every script and style but its own two', () => {
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)!;
    expect(policy).toBe(
      "default-src 'none'; script-src 'sha256-AAA='; style-src 'sha256-BBB='; img-src data:; base-uri 'none'; form-action 'none'",
    );
  });
});
