import { describe, expect, it } from 'vitest';
import { explainExcess } from '../../../../src/verdict/cause/explain-excess.js';
import { judgedViewOf } from '../../../../src/verdict/judged-view.js';
import { buildView, party, s, sqlStep, ran, wait, type Planting } from '../build-view.js';

const window = { fromUs: 23 * s, toUs: 33 * s };
const step = sqlStep('upgrade', 'index', ['create index on orders (ref)']);
const builder = party('upgrade', step.id, 900, step.source?.statements[0]?.text);
const services = { shop: { command: ['node', 'app.js'], replicas: 1, pool: 10 } };

interface Sessions {
  total: number;
  waiting: number;
  busy: number;
}

/** 50 requests a second at 5 ms; those of the seconds 23 and 24 take 1 s longer. */
function stalled(sessionsAt: (second: number) => Sessions, more: Planting = {}) {
  const view = buildView({
    services,
    upgrade: [step],
    steps: [ran(step, 23 * s, 25 * s)],
    request: (_, second) => (second >= 23 && second < 25 ? { ms: 1005 } : undefined),
    ...more,
    view: {
      server: buildView().server.map((sample) => ({
        ...sample,
        checkpointsTimed: 0,
        sessions: { 'service shop': sessionsAt(sample.atUs / s) },
      })),
    },
  });
  return explainExcess(judgedViewOf(view), 0, window);
}

const calm = { total: 10, waiting: 0, busy: 1 };
const full = (waiting: number) => (second: number) =>
  second >= 23 && second <= 26 ? { total: 10, waiting, busy: 10 } : calm;
const shares = (explained: ReturnType<typeof stalled>) =>
  Object.fromEntries(
    (explained?.excess.parts ?? []).map(({ kind, share }) => [kind, Number(share.toFixed(2))]),
  );

describe('a service’s pool', () => {
  it('is a cause of its own while all its connections are busy', () => {
    const explained = stalled(full(0));
    expect(shares(explained)).toEqual({ pool: 1, unexplained: 0 });
    expect(explained?.text).toMatch(
      /^100% of the 1 min 40 s .* starved in the pool: all 10 connections of shop were busy; 0% unexplained$/,
    );
  });

  it('is told apart from those blocked themselves, and says what held it', () => {
    // Ten writers for 2 s each: 20 of the 100 s. The rest starved behind them.
    const lockWaits = Array.from({ length: 10 }, (_, i) =>
      wait(party('service', 'shop', 100 + i), [builder], 23 * s, 2000, { mode: 'RowExclusiveLock' }),
    );
    const explained = stalled(full(10), { lockWaits });
    expect(shares(explained)).toEqual({ lock: 0.2, pool: 0.8, unexplained: 0 });
    expect(explained?.text).toContain(
      'starved in the pool: all 10 connections of shop were busy while those before them waited for these locks',
    );
  });

  it('is seen full between two samples too, when all its sessions wait for locks at once', () => {
    const lockWaits = Array.from({ length: 10 }, (_, i) =>
      wait(party('service', 'shop', 100 + i), [builder], 23 * s, 2000),
    );
    expect(shares(stalled(() => calm, { lockWaits }))).toEqual({ lock: 0.2, pool: 0.8, unexplained: 0 });
    // Nine are not all.
    expect(shares(stalled(() => calm, { lockWaits: lockWaits.slice(1) }))).toEqual({
      lock: 0.18,
      meanwhile: 0.82,
      unexplained: 0,
    });
  });

  it('is not full with one connection free, nor with one replica’s share of two', () => {
    const nine = (second: number) => ({ ...full(0)(second), busy: 9 });
    expect(shares(stalled(nine))).toEqual({ unexplained: 1 });
    const two = { shop: { ...services.shop, replicas: 2 } };
    expect(shares(stalled(full(0), { services: two }))).toEqual({ unexplained: 1 });
    const both = (second: number) => ({ total: 20, waiting: 0, busy: full(0)(second).busy * 2 });
    const explained = stalled(both, { services: two });
    expect(shares(explained)).toEqual({ pool: 1, unexplained: 0 });
    expect(explained?.text).toContain('all 20 connections of shop (2 replicas, 10 each)');
  });

  it('is no cause where it was as full before the upgrade', () => {
    expect(shares(stalled(() => ({ total: 10, waiting: 0, busy: 10 })))).toEqual({ unexplained: 1 });
  });

  it('of unknown size starves only where all sessions there are wait for locks', () => {
    const unknown = { shop: { command: ['node', 'app.js'] } };
    expect(shares(stalled(full(0), { services: unknown }))).toEqual({ unexplained: 1 });
    const explained = stalled(full(10), { services: unknown });
    expect(shares(explained)).toEqual({ pool: 1, unexplained: 0 });
    expect(explained?.text).toContain('all 10 database sessions that shop had were waiting for locks');
  });

  it('is not the harness’s own limit on connections', () => {
    const health = buildView().health.map((sample) => ({
      ...sample,
      ...(sample.second >= 23 && sample.second < 25 && { queued: 40, busyConnections: 64 }),
    }));
    const view = buildView({
      services,
      request: (_, second) => (second >= 23 && second < 25 ? { ms: 1005 } : undefined),
      view: { health, server: buildView().server.map((sample) => ({ ...sample, checkpointsTimed: 0 })) },
    });
    expect(shares(explainExcess(judgedViewOf(view), 0, window))).toEqual({ connections: 1, unexplained: 0 });
  });
});
