import { expect, test } from 'vitest';
import { profileRun } from '../../../src/compare/profile/profile-run.js';
import type { MeasureOfRun } from '../../../src/compare/profile/run-profile.js';
import { verdictOf } from '../../support/simulated-runs.js';
import { lookedAt, lostRows } from './looked-at.js';
import { buildView, party, ran, s, sqlStep, upgradeAt, wait, type Planting } from '../verdict/build-view.js';

function measuresOf(planting: Planting): (name: string, group?: string, endpoint?: string) => MeasureOfRun {
  const { measures } = profileRun(buildView(planting), verdictOf('GO'), { dir: 'x' });
  return (name, group = 'upgrade transient', endpoint) => {
    return measures.find((one) => one.name === name && one.group === group && one.endpoint === endpoint)!;
  };
}

// Baseline 2–22, upgrade 22–27, soak 27–47, rollback 47–52, recovery 52–72; 50 requests a second of 5 ms.
test('a stall of 3 s at 2 s a request and 10 failures, planted into the upgrade, is told as that', () => {
  const of = measuresOf({
    objectives: { latency: { p99: '250ms' }, errors: { ratio: '1%' } },
    request: (_, second, i) => {
      if (second >= 23 && second < 26) return { ms: 2_000 };
      // Not next to the stall: one second of failures is no longer stall.
      if (second === 30 && i < 10) return { ms: 5, end: 'httpError' };
      return undefined;
    },
  });
  expect(of('stall length').value).toBe(3);
  // The second with 10 of 50 failed is over the objective too, and does not stand still.
  expect(of('seconds over 250 ms')).toMatchObject({ value: 4, gate: true });
  // 150 requests that took 1.995 s longer than usual, within the buckets' 0.1%.
  expect(of('excess latency').value).toBeGreaterThan(298);
  expect(of('excess latency').value).toBeLessThan(301);
  expect(of('worst second').value).toBeGreaterThan(1_990);
  expect(of('worst second').value).toBeLessThan(2_000);
  expect(of('lost requests')).toMatchObject({ value: 10, gate: true });
  for (const name of ['stall length', 'seconds over 250 ms', 'lost requests']) {
    expect(of(name, 'rollback transient').value).toBe(0);
  }
  expect(Math.abs(of('excess latency', 'rollback transient').value!)).toBeLessThan(0.01);
  expect(of('stall length', 'upgrade transient', 'read').value).toBe(3);
});

test('against its own baseline: what failed and lagged before the upgrade too is not the upgrade’s', () => {
  const of = measuresOf({ request: (_, __, i) => (i === 0 ? { ms: 400, end: 'httpError' } : { ms: 100 }) });
  expect(of('lost requests').value).toBeCloseTo(0, 6);
  expect(of('stall length').value).toBe(0);
  expect(Math.abs(of('worst second').value!)).toBeLessThan(0.5);
});

test('no baseline, no yardstick: unknown and not 0; no objective, nothing to be over', () => {
  const of = measuresOf({ phases: { baseline: 0 } });
  expect(of('stall length').value).toBeNull();
  expect(of('lost requests')).toMatchObject({ value: null, gate: false });
  const { measures } = profileRun(buildView(), verdictOf('GO'), { dir: 'x' });
  expect(measures.filter(({ name }) => name.startsWith('seconds over'))).toEqual([]);
});

test('seconds over a limit are named by it, and in the total by whose it is', () => {
  const endpoints = { write: { request: { path: '/w' } }, read: { request: { path: '/r' } } };
  const limit = (endpoint: string, p99: string) => ({ endpoint, p99 });
  const namesOf = (latency: object) =>
    profileRun(buildView({ endpoints, objectives: { latency } }), verdictOf('GO'), { dir: 'x' })
      .measures.filter(({ name, group }) => group === 'upgrade transient' && name.startsWith('seconds over'))
      .map(({ name, endpoint, value, gate }) => [name, endpoint, value, gate]);
  expect(namesOf({ p99: '1234ms' })).toEqual([
    ['seconds over 1234 ms', undefined, 0, true],
    ['seconds over 1234 ms', 'write', 0, false],
    ['seconds over 1234 ms', 'read', 0, false],
  ]);
  expect(namesOf([limit('read', '250ms'), limit('write', '1s')])[0]?.[0]).toBe(
    'seconds over 250 ms (read), 1000 ms (write)',
  );
  expect(namesOf([limit('read', '250ms')])).toEqual([
    ['seconds over 250 ms (read)', undefined, 0, true],
    ['seconds over 250 ms', 'read', 0, false],
  ]);
});

test('lost requests need no p99 of the baseline; one endpoint not known is a total not known', () => {
  const endpoints = { read: { request: { path: '/r' } }, rare: { request: { path: '/w' } } };
  const view = buildView({
    endpoints,
    request: (name, second, i) =>
      name === 'rare' && second === 23 && i < 7 ? { ms: 5, end: 'timeout' } : undefined,
  });
  // Of rare, two seconds of the baseline: 100 requests less one second's.
  const baseline = 1;
  const kept = (second: number) => second < 2 || second >= 21;
  const rare = {
    ...view,
    series: view.series.filter((one) => one.endpoint === 0 || one.phase !== baseline || kept(one.second)),
    seconds: view.seconds.map(({ second, tallies }) => ({
      second,
      tallies: tallies.filter((one) => one.endpoint === 0 || one.phase !== baseline || kept(second)),
    })),
  };
  const { measures } = profileRun(rare, verdictOf('GO'), { dir: 'x' });
  const of = (name: string, endpoint?: string) =>
    measures.find((m) => m.group === 'upgrade transient' && m.name === name && m.endpoint === endpoint)
      ?.value;
  expect(of('lost requests', 'rare')).toBe(7);
  expect(of('lost requests')).toBe(7);
  expect(of('stall length', 'read')).toBe(0);
  for (const name of ['stall length', 'excess latency', 'worst second']) {
    expect(of(name, 'rare')).toBeNull();
    expect(of(name)).toBeNull();
  }
});

test('a second in which all was dropped is a stall and lost requests, and has no latency to tell', () => {
  const of = measuresOf({ request: (_, second) => (second === 24 ? { ms: 5, end: 'dropped' } : undefined) });
  expect(of('stall length').value).toBe(1);
  expect(of('lost requests').value).toBe(50);
  expect(of('worst second').value).toBeNull();
  expect(of('excess latency').value).toBeNull();
  expect(of('worst second', 'rollback transient').value).not.toBeNull();
});

test('a stall beyond 10 s after the upgrade belongs to the soak, not to the transient', () => {
  const of = measuresOf({
    request: (_, second) => (second >= 38 && second < 41 ? { ms: 2_000 } : undefined),
  });
  expect(of('stall length').value).toBe(0);
});

test('lock waits, steps, correctness: one number a run, null where nothing watched', () => {
  const step = sqlStep('upgrade', 'add status', ['alter table orders add status text']);
  const migrator = party('upgrade', 'add status', 40);
  const waits = [
    wait(party('service', 'shop', 50), [migrator], upgradeAt, 800),
    wait(party('service', 'shop', 51), [migrator], upgradeAt, 400, { behindStepMs: 300 }),
    wait(party('service', 'shop', 52), [party('service', 'shop', 53)], upgradeAt, 5_000),
    wait(migrator, [party('background', 'report', 60)], upgradeAt, 2_000),
  ];
  const planting: Planting = {
    upgrade: [step],
    steps: [ran(step, upgradeAt + s, upgradeAt + 3 * s)],
    lockWaits: waits,
    objectives: { locks: { longestWait: '500ms' } },
  };
  const of = measuresOf(planting);
  expect(of('longest wait', 'locks').value).toBe(5_000);
  expect(of('longest wait of traffic behind a step', 'locks')).toMatchObject({ value: 800, gate: true });
  expect(of('traffic blocked behind steps', 'locks').value).toBeCloseTo(1.1, 9);
  expect(of('waits of traffic behind a step', 'locks').value).toBe(2);
  expect(of('upgrade.add status: took', 'steps').value).toBe(2_000);
  expect(of('acknowledged writes lost', 'correctness').value).toBeNull();
  expect(of('items left behind', 'correctness').value).toBeNull();
  const blind = measuresOf({ lockWaits: [], view: { lockCoverage: null } });
  expect(blind('longest wait', 'locks').value).toBeNull();
  const failed = measuresOf({ ...planting, steps: [ran(step, upgradeAt, upgradeAt + s, 'failed')] });
  expect(failed('upgrade.add status: took', 'steps').value).toBeNull();
  expect(failed('steps failed', 'correctness').value).toBe(1);
});

test('who waited behind a step only the sampler can tell: of the log alone it is not known', () => {
  const { lockCoverage } = buildView();
  const of = measuresOf({ view: { lockCoverage: { ...lockCoverage!, floorMs: null } } });
  expect(of('longest wait', 'locks').value).toBe(0);
  for (const name of [
    'longest wait of traffic behind a step',
    'traffic blocked behind steps',
    'waits of traffic behind a step',
  ]) {
    expect(of(name, 'locks')).toMatchObject({ value: null, gate: false });
    expect(measuresOf({})(name, 'locks').value).toBe(0);
  }
});

test('none found is 0 only where everything was looked at; what was found stands', () => {
  const names = [
    'acknowledged writes lost',
    'acknowledged writes changed',
    'invariants broken',
    'items left behind',
  ];
  const factsOf = (view: ReturnType<typeof lookedAt>) => {
    const of = measuresOf({ view });
    return names.map((name) => of(name, 'correctness').value);
  };
  expect(factsOf(lookedAt({}))).toEqual([0, 0, 0, 0]);
  expect(factsOf(lookedAt({ entity: { unidentified: 1 } }))).toEqual([null, null, 0, 0]);
  expect(factsOf(lookedAt({ entity: { unaudited: { keys: 3, reason: 'gone' } } }))).toEqual([
    null,
    null,
    0,
    0,
  ]);
  expect(factsOf(lookedAt({ entity: { unidentified: 1, losses: [lostRows(2)] } }))).toEqual([2, null, 0, 0]);
  expect(factsOf(lookedAt({ holds: [true, undefined] }))).toEqual([0, 0, null, 0]);
  expect(factsOf(lookedAt({ holds: [false, undefined] }))).toEqual([0, 0, 1, 0]);
  for (const state of ['unknown', 'unstable'] as const) {
    expect(factsOf(lookedAt({ probes: ['clean', state] }))).toEqual([0, 0, 0, null]);
    expect(factsOf(lookedAt({ probes: ['residue', state], items: 1 }))).toEqual([0, 0, 0, 1]);
  }
  expect(factsOf(lookedAt({ probes: ['clean', 'ignored'] }))).toEqual([0, 0, 0, 0]);
});

test('percentiles: those of the objectives beside the usual ones, and max is none', () => {
  const view = buildView({ objectives: { latency: { p95: '1s', max: '2s' } } });
  const profile = profileRun(view, verdictOf('GO'), { dir: 'x', percentiles: ['p99.5'] });
  const soak = profile.phases.get('soak|read')!;
  expect([...soak.quantiles.keys()]).toEqual(['p50', 'p90', 'p95', 'p99', 'p99.5', 'p99.9']);
  expect(profile.judged).toEqual([{ endpoint: 'read', percentile: 'p95' }]);
  expect(soak.samples).toBe(1_000);
  // 20 s are one block: nothing to draw from.
  expect(soak.quantiles.get('p50')!.blocks).toEqual([]);
});

test('unfit: cut short, interrupted, INVALID; a late harness beside a NO-GO is a doubt', () => {
  const unfit = (view: object, verdict = verdictOf('GO')) =>
    profileRun({ ...buildView(), ...view }, verdict, { dir: 'x' }).unfit;
  expect(unfit({})).toBeUndefined();
  expect(unfit({ complete: false })).toContain('cut short');
  expect(unfit({ ended: 'interrupted', endReason: 'SIGINT' })).toBe('incomplete: interrupted, SIGINT');
  expect(unfit({}, verdictOf('INVALID', 'late'))).toBe('INVALID: late');
  const late = {
    rule: 'harness',
    weight: 'INVALID',
    what: 'send lag p99 40 ms',
    where: {},
    remedy: '',
  } as const;
  const noGo = profileRun(buildView(), { ...verdictOf('NO-GO'), findings: [late] }, { dir: 'x' });
  expect(noGo.unfit).toBeUndefined();
  expect(noGo.run.doubts).toEqual(['send lag p99 40 ms']);
});
