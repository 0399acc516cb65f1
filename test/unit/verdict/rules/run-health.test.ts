import { describe, expect, it } from 'vitest';
import { baselineMet } from '../../../../src/verdict/rules/baseline-met.js';
import { harness } from '../../../../src/verdict/rules/harness.js';
import { notRehearsed } from '../../../../src/verdict/rules/not-rehearsed.js';
import { serviceDied } from '../../../../src/verdict/rules/service-died.js';
import { buildView, s, sqlStep } from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

describe('harness', () => {
  const invalid = (view: Parameters<typeof judgeRule>[1]) =>
    judgeRule(harness, view)
      .findings.filter(({ weight }) => weight === 'INVALID')
      .map(({ what }) => what);

  it('passes, and prints the send lag that it judged', () => {
    const { findings, summary } = judgeRule(harness, buildView());
    expect(findings).toEqual([]);
    expect(summary).toMatch(/^send lag p99 at most 0\.2 ms of 10 ms allowed, of 3 500 requests/);
  });

  it('allows a send lag p99 of a tenth of the tightest latency limit, 10 ms without one', () => {
    const lag = (lagMs: number, objectives: object = {}) =>
      invalid(
        buildView({
          objectives,
          request: (_, second, i) => ({ ms: 5, lagMs: second === 40 && i < 11 ? lagMs : 0.2 }),
        }),
      );
    // The soak has 1000 requests: 11 of them make a p99.
    expect(lag(10)).toEqual([]);
    expect(lag(11)[0]).toContain('send lag p99 11 ms during soak, 10 ms allowed');
    const limits = { latency: [{ p99: '250ms' }, { endpoint: 'read', p50: '80ms' }] };
    expect(lag(8, limits)).toEqual([]);
    expect(lag(9, limits)[0]).toContain('8 ms allowed (a tenth of the tightest latency limit)');
  });

  it('reports single late seconds, and does not judge by them', () => {
    const view = buildView({
      request: (_, second, i) => ({ ms: 5, lagMs: second === 40 && i < 10 ? 30 : 0.2 }),
    });
    expect(invalid(view)).toEqual([]);
  });

  it('blames the harness for requests unsent beside idle connections, the system for those beside busy ones', () => {
    const short = (busyConnections: number) => {
      const view = buildView();
      for (const sample of view.health) {
        if (sample.second >= 30 && sample.second < 34) Object.assign(sample, { sent: 40, busyConnections });
        if (sample.second === 34) sample.sent = 90;
      }
      return invalid(view);
    };
    // 40 of 1000 requests of the soak: 96% achieved.
    expect(short(10)[0]).toContain('fell behind during soak: 40 of 1 000 requests');
    expect(short(64)).toEqual([]);
    // A health line written late takes in what belongs to the next.
    const jittery = buildView();
    for (const sample of jittery.health) sample.sent += [15, -15][sample.second % 2] ?? 0;
    expect(invalid(jittery)).toEqual([]);
  });

  it('notices that fewer requests were offered than planned', () => {
    const view = buildView();
    view.plan.scenario.traffic.rate = 80;
    expect(
      invalid(view).some((what) => what.includes('1 000 requests were offered during soak, 1 600 planned')),
    ).toBe(true);
    view.plan.scenario.traffic.rate = 56;
    expect(invalid(view)).toEqual([]);
  });

  it('holds the conservation law, exactly', () => {
    const view = buildView();
    view.seconds[30]!.tallies[0]!.ok -= 1;
    expect(invalid(view)[0]).toBe('requests do not add up in 1 second: 50 intended, 49 ended');
  });

  it('is INVALID on damage, on a run that never reached its recovery, and on lost traffic', () => {
    expect(invalid(buildView({ view: { damage: ['traffic.ndjson:7: cut'] } }))[0]).toContain(
      'traffic.ndjson:7',
    );
    expect(invalid(buildView({ phases: { recovery: 0 } }))[0]).toBe('the phase recovery was never reached');
    const lost = (source: string) =>
      invalid(buildView({ view: { degraded: [{ source, lost: 'something' }] } }));
    expect(lost('traffic')).toHaveLength(1);
    expect(lost('results')).toHaveLength(1);
    expect(lost('statement trace')).toHaveLength(1);
    expect(lost('lock observer')).toEqual([]);
    expect(lost('server statistics')).toEqual([]);
  });

  it('is INVALID where send lag or health was not recorded', () => {
    const view = buildView();
    expect(invalid({ ...view, health: [] })[0]).toContain(
      'health was not recorded in 20 of 20 seconds of baseline',
    );
    expect(invalid({ ...view, series: view.series.filter(({ kind }) => kind !== 'lag') })[0]).toContain(
      'not recorded',
    );
    const some = view.health.filter(({ second }) => second !== 30 && second !== 31);
    expect(invalid({ ...view, health: some })[0]).toContain('in 2 of 20 seconds of soak');
    expect(invalid({ ...view, health: view.health.filter(({ second }) => second !== 30) })).toEqual([]);
    const soak = view.series.filter(({ kind, phase }) => kind !== 'lag' || phase !== 3);
    expect(invalid({ ...view, series: soak })[0]).toContain('send lag was not recorded during soak');
  });
});

describe('baseline-met', () => {
  const objectives = { latency: { p99: '250ms' }, errors: { ratio: '1%' } };

  it('is not asked without latency or error objectives, and passes where both were met', () => {
    expect(judgeRule(baselineMet, buildView()).state).toBe('not asked');
    expect(judgeRule(baselineMet, buildView({ objectives }))).toMatchObject({ findings: [], unjudged: [] });
  });

  it('is INVALID for either, by the same windows', () => {
    const slow = buildView({ objectives, request: (_, second) => (second === 10 ? { ms: 400 } : undefined) });
    expect(judgeRule(baselineMet, slow).findings).toMatchObject([
      { weight: 'INVALID', where: { phase: 'baseline' } },
    ]);
    const failing = buildView({
      objectives,
      request: (_, second) => (second === 10 ? { ms: 1, end: 'httpError' } : undefined),
    });
    expect(judgeRule(baselineMet, failing).findings).toMatchObject([
      { weight: 'INVALID', unit: 'ratio', measured: 0.1 },
    ]);
  });

  it('does not take for its own what the upgrade delayed', () => {
    // Intended in the last second before the upgrade (at 22 s), answered in it.
    const late = buildView({
      objectives,
      request: (_, second) => (second === 21 ? { ms: 1500 } : undefined),
    });
    expect(judgeRule(baselineMet, late).findings).toEqual([]);
    const before = buildView({
      objectives,
      request: (_, second) => (second === 20 ? { ms: 1500 } : undefined),
    });
    expect(judgeRule(baselineMet, before).findings).toHaveLength(1);
  });

  it('has no data without a baseline, and for an endpoint it never saw', () => {
    expect(judgeRule(baselineMet, buildView({ objectives, phases: { baseline: 0 } })).state).toBe('no data');
    const view = buildView({ objectives });
    const unseen = {
      ...view,
      seconds: view.seconds.filter(({ second }) => second >= 22),
      series: view.series.filter(({ second }) => second >= 22),
    };
    expect(judgeRule(baselineMet, unseen).unjudged[0]?.what).toContain('read had no request in the baseline');
  });
});

describe('service-died', () => {
  const died = (atUs: number) =>
    buildView({
      events: [
        {
          type: 'service',
          service: 'shop',
          replica: 'shop#2',
          state: 'died',
          detail: 'exit 1',
          logTail: ['a', 'boom'],
          atUs,
        },
      ],
    });

  it('is NO-GO from the upgrade on, INVALID before it, with the last lines of the log', () => {
    expect(judgeRule(serviceDied, buildView()).findings).toEqual([]);
    expect(judgeRule(serviceDied, died(40 * s)).findings).toMatchObject([
      { weight: 'NO-GO', what: 'shop#2 died during soak', why: 'exit 1\na\nboom' },
    ]);
    expect(judgeRule(serviceDied, died(10 * s)).findings).toMatchObject([{ weight: 'INVALID' }]);
  });

  it('leaves alone what was stopped on request', () => {
    const view = buildView({
      events: [{ type: 'service', service: 'shop', replica: 'shop#1', state: 'stopped', atUs: 40 * s }],
    });
    expect(judgeRule(serviceDied, view).findings).toEqual([]);
  });

  it('counts the database server', () => {
    const lost = 'Postgres ended unasked (SIGKILL): …';
    const view = buildView({ events: [{ type: 'degraded', source: 'database', lost, atUs: 40 * s }] });
    expect(judgeRule(serviceDied, view).findings).toMatchObject([{ weight: 'NO-GO', why: lost }]);
  });
});

describe('not-rehearsed', () => {
  const rollback = [sqlStep('rollback', 'back', ['select 1'])];

  it('says nothing where a checkpoint and the autovacuums came', () => {
    expect(judgeRule(notRehearsed, buildView({ rollback })).findings).toEqual([]);
  });

  it('notes what did not come in upgrade or soak, beside the verdict', () => {
    const view = buildView({ rollback });
    for (const sample of view.server) {
      // Both come only after the soak.
      sample.checkpointsTimed = sample.atUs > 47 * s ? 1 : 0;
      sample.autovacuums = { orders: sample.atUs > 47 * s ? 1 : 0 };
    }
    expect(judgeRule(notRehearsed, view).findings).toMatchObject([
      { weight: 'note', what: 'not rehearsed: no checkpoint fell into upgrade or soak' },
      { weight: 'note', what: 'not rehearsed: no autovacuum of orders fell into upgrade or soak' },
    ]);
  });

  it('says where it is not known', () => {
    expect(
      judgeRule(notRehearsed, buildView({ rollback, view: { server: [] } })).findings[0]?.what,
    ).toContain('is not known');
  });

  it('notes a scenario without a rollback, and one without a database: GO says nothing about them', () => {
    const what = (view: Parameters<typeof judgeRule>[1]) =>
      judgeRule(notRehearsed, view).findings.map((finding) => finding.what);
    expect(what(buildView())).toEqual([
      'not rehearsed: the scenario has no rollback: whether there is a way back is not known',
    ]);
    const alone = buildView({ rollback });
    delete alone.plan.scenario.environment.database;
    expect(what(alone)).toEqual([
      'not rehearsed: the scenario has no database: lock waits, lock holds and rewrites were not watched',
    ]);
  });
});
