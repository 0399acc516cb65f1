import { describe, expect, it } from 'vitest';
import type { Gap } from '../../../src/model/ledger.js';
import { downSeconds } from '../../../src/verdict/down-seconds.js';
import { judgedViewOf } from '../../../src/verdict/judged-view.js';
import { dropped } from '../../../src/verdict/rules/dropped.js';
import { errors } from '../../../src/verdict/rules/errors.js';
import { harness } from '../../../src/verdict/rules/harness.js';
import { latency } from '../../../src/verdict/rules/latency.js';
import { buildView, s, upgradeAt, type Planting } from './build-view.js';
import { window } from '../../../src/verdict/rules/window.js';
import { judgeRule } from './judge-rule.js';

/** In the soak of the default phases, 27 to 47 s: from within one second to within another. */
const gap: Gap = { fromUs: 30.4 * s, toUs: 36.2 * s, purpose: 'audit after upgrade' };
const inGap = (second: number, i: number) => {
  const atUs = (second + i / 50) * s;
  return atUs >= gap.fromUs && atUs < gap.toUs;
};

/** As traffic is with a pause: nothing in the gap, 50 requests in each other second. */
function gapped(request: Planting['request'] = () => undefined, planting: Planting = {}) {
  const view = buildView({ ...planting, request });
  for (const second of view.seconds) {
    for (const tally of second.tallies) {
      const left = Array.from({ length: 50 }, (_, i) => i).filter((i) => !inGap(second.second, i)).length;
      if (left < 50) Object.assign(tally, { intended: left, ok: left });
    }
  }
  view.series = view.series.filter(({ second }) => second < 30 || second >= 37);
  for (const health of view.health) if (health.second >= 31 && health.second < 36) health.sent = 0;
  return { ...view, gaps: [gap] };
}

describe('a gap', () => {
  it('is no missing load: without it the same traffic is INVALID', () => {
    expect(judgeRule(harness, gapped()).findings).toEqual([]);
    const what = judgeRule(harness, { ...gapped(), gaps: [] }).findings.map((finding) => finding.what);
    expect(what.join()).toContain('requests were offered during soak');
  });

  it('is neither up, down nor unknown', () => {
    const view = gapped();
    const of = (gaps: Gap[]) => {
      const judged = judgedViewOf({ ...view, gaps });
      const { down, unknown, seconds } = downSeconds(judged, 27 * s, 47 * s, () => true);
      return { down, unknown, seconds };
    };
    expect(of([gap])).toEqual({ down: 0, unknown: 0, seconds: 15 });
    expect(of([])).toEqual({ down: 0, unknown: 5, seconds: 20 });
  });

  it('names the down seconds on both sides of it by their own time', () => {
    const bad = (second: number) => second === 29 || second === 40;
    const view = gapped((_endpoint, second) => (bad(second) ? { ms: 5, end: 'httpError' } : undefined));
    const { down, first, last } = downSeconds(judgedViewOf(view), upgradeAt, 60 * s, () => true);
    expect({ down, first, last }).toEqual({ down: 2, first: 29, last: 40 });
  });

  it('hides no outage: one that reaches into it may have lasted as long as it', () => {
    const refused = { ms: 5, end: 'connectionError' } as const;
    const objectives = { window: { downtime: '4s' } };
    const outage = (from: number, to: number) =>
      judgeRule(
        window,
        gapped((_e, second) => (second >= from && second < to ? refused : undefined), { objectives }),
      );
    // Three seconds before the pause are down: with the five of it, it may have been eight.
    const into = outage(28, 31);
    expect(into.findings).toEqual([]);
    expect(into.unjudged[0]?.what).toContain('5 more beside a down one');
    // Away from the pause there is nothing to doubt, and what is seen on both sides of it is enough.
    expect(outage(39, 42)).toMatchObject({ findings: [], unjudged: [] });
    expect(outage(28, 39).findings).toMatchObject([{ weight: 'NO-GO', measured: 6_000 }]);
  });

  it('does not stretch a window: ten seconds are ten seconds of load', () => {
    const objectives = {
      errors: { ratio: '3%', over: '10s' },
      dropped: { ratio: '3%', over: '10s' },
    };
    // Two bad seconds five seconds of load apart, on both sides of the gap.
    const bad = (second: number, i: number) => (second === 28 || second === 38) && i < 10;
    const failing = gapped((_e, second, i) => (bad(second, i) ? { ms: 5, end: 'httpError' } : undefined), {
      objectives,
    });
    const [finding] = judgeRule(errors, failing).findings;
    // 20 of the requests of 10 offered seconds, of which two are cut by the gap.
    expect(finding?.what).toMatch(/20 of \d+ requests failed \(4\.\d+%\) over 10 s/);
    const dropping = gapped((_e, second, i) => (bad(second, i) ? { ms: 5, end: 'dropped' } : undefined), {
      objectives,
    });
    expect(judgeRule(dropped, dropping).findings[0]?.what).toMatch(/20 of \d+ requests dropped .* over 10 s/);
  });

  it('leaves a stall its own second', () => {
    const view = gapped((_e, second) => (second === 41 ? { ms: 900 } : undefined), {
      objectives: { latency: { p90: '100ms', over: '5s' } },
    });
    const [finding] = judgeRule(latency, view).findings;
    expect(finding?.where.fromUs).toBeLessThanOrEqual(41 * s);
    expect(finding?.where.toUs).toBeGreaterThanOrEqual(42 * s);
    expect(finding?.what).toContain('over 5 s');
  });
});
