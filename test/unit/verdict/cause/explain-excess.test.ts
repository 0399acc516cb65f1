import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainExcess } from '../../../../src/verdict/cause/explain-excess.js';
import { shareOut } from '../../../../src/verdict/cause/share-out.js';
import { overlapUs, union } from '../../../../src/verdict/cause/spans.js';
import { judgedViewOf } from '../../../../src/verdict/judged-view.js';
import { buildView, party, s, sqlStep, ran, wait, type Planting } from '../build-view.js';

const stallFromS = 23;
const window = { fromUs: 23 * s, toUs: 33 * s };
const calmServer = buildView().server.map((sample) => ({ ...sample, checkpointsTimed: 0 }));
const step = sqlStep('upgrade', 'add status', ['alter table orders add column status text']);
const alter = party('upgrade', step.id, 900, step.source?.statements[0]?.text);

/** 50 requests a second at 5 ms; those of two seconds take 1 s longer. */
function stalled(more: Planting = {}) {
  const view = buildView({
    upgrade: [step],
    steps: [ran(step, 23 * s, 25 * s)],
    request: (_, second) => (second >= stallFromS && second < stallFromS + 2 ? { ms: 1005 } : undefined),
    ...more,
    view: { server: calmServer, ...more.view },
  });
  return explainExcess(judgedViewOf(view), 0, window);
}

const shares = (explained: ReturnType<typeof stalled>) =>
  Object.fromEntries(
    (explained?.excess.parts ?? []).map(({ kind, share }) => [kind, Number(share.toFixed(2))]),
  );

describe('the excess of a window', () => {
  it('is the time beyond the median of the baseline, and unexplained when nothing was going on', () => {
    const explained = stalled();
    expect(explained?.excess.usualMs).toBeCloseTo(5, 1);
    // 100 requests, 1 s each.
    expect(explained?.excess.excessMs).toBeCloseTo(100_000, -3);
    expect(shares(explained)).toEqual({ unexplained: 1 });
    expect(explained?.text).toMatch(/^100% of the 1 min 40 s that 500 requests lost .* unexplained$/);
  });

  it('is a lock’s as far as sessions were seen waiting, and told as such', () => {
    // 60 sessions for 1 s each: 60 of the 100 s.
    const lockWaits = Array.from({ length: 60 }, (_, i) =>
      wait(party('service', 'shop', 100 + i), [alter], (23 + (i % 2)) * s, 1000),
    );
    const explained = stalled({ lockWaits });
    expect(shares(explained)).toEqual({ lock: 0.6, meanwhile: 0.4, unexplained: 0 });
    expect(explained?.byLock).toBe(true);
    expect(explained?.text).toMatch(/^60 sessions waited .* \(60% of the 1 min 40 s/);
  });

  it('counts what queued for a connection behind the lock apart', () => {
    const lockWaits = Array.from({ length: 10 }, (_, i) =>
      wait(party('service', 'shop', 100 + i), [alter], 23 * s, 2000),
    );
    const health = buildView().health.map((sample) => ({
      ...sample,
      ...(sample.second >= 23 && sample.second < 25 && { queued: 40, busyConnections: 64 }),
    }));
    const explained = stalled({ lockWaits, view: { health } });
    expect(shares(explained)).toEqual({ lock: 0.2, connections: 0.8, unexplained: 0 });
    expect(explained?.text).toContain('while those before them waited for these locks');
  });

  it('does not blame the lock of another endpoint’s sessions', () => {
    const endpoints = {
      read: { sql: { text: 'select 1' } },
      write: { sql: { text: 'insert into orders default values' } },
    };
    const lockWaits = Array.from({ length: 60 }, (_, i) =>
      wait(party('traffic', 'write', 100 + i), [alter], 23 * s, 1000),
    );
    expect(shares(stalled({ endpoints, lockWaits }))).toEqual({ unexplained: 1 });
  });

  it('says of what only happened at the same time that it did', () => {
    const server = calmServer.map((sample) => ({
      ...sample,
      host: { ...sample.host, cpuBusyRatio: sample.atUs > 23 * s && sample.atUs <= 27 * s ? 0.99 : 0.2 },
    }));
    const explained = stalled({ view: { server } });
    expect(shares(explained)).toEqual({ cpu: 1, unexplained: 0 });
    expect(explained?.text).toContain('fell together with processors more than 90% busy');
    expect(explained?.byLock).toBe(false);
  });

  it('cannot be told without a baseline', () => {
    expect(stalled({ phases: { baseline: 0 } })).toBeUndefined();
  });
});

const spanArb = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 20 }))
  .map(([from, length]) => ({ fromUs: from, toUs: from + length }));

describe('sharing out', () => {
  it('loses and invents nothing, keeps budgets, and owes nobody more than the time shared', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ during: spanArb, requests: fc.nat(5), excessUs: fc.nat(30) }), { maxLength: 8 }),
        fc.array(fc.record({ spans: fc.array(spanArb, { maxLength: 4 }), budget: fc.option(fc.nat(40)) }), {
          maxLength: 4,
        }),
        (masses, raw) => {
          const suspects = raw.map(({ spans, budget }, at) => ({
            kind: 'lock' as const,
            text: String(at),
            spans: union(spans),
            ...(budget !== null && { budgetMs: budget / 1000 }),
          }));
          const parts = shareOut(masses, suspects);
          const total = masses.reduce((sum, mass) => sum + mass.requests * mass.excessUs, 0) / 1000;
          expect(parts.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(total, 9);
          for (const part of parts) {
            expect(part.ms).toBeGreaterThanOrEqual(0);
            const suspect = suspects.find(({ text }) => text === part.text);
            if (!suspect) continue;
            expect(part.ms).toBeLessThanOrEqual((suspect.budgetMs ?? Infinity) + 1e-9);
            const shared = masses.reduce(
              (sum, mass) => sum + mass.requests * overlapUs(mass.during, suspect.spans),
              0,
            );
            expect(part.ms).toBeLessThanOrEqual(shared / 1000 + 1e-9);
          }
        },
      ),
    );
  });

  it('takes unions as sets of instants', () => {
    const instants = (spans: readonly { fromUs: number; toUs: number }[]) =>
      Array.from({ length: 90 }, (_, at) => spans.some(({ fromUs, toUs }) => fromUs <= at && at < toUs));
    fc.assert(
      fc.property(fc.array(spanArb), (spans) => {
        expect(instants(union(spans))).toEqual(instants(spans));
      }),
    );
  });
});
