import { scenarioSchema } from '../../../src/model/scenario.js';
import type { RunPlan } from '../../../src/model/plan.js';
import type { FromWorker } from '../../../src/model/contracts.js';
import type { LockWait, SecondTally, Series, StampedEvent, TraceReport } from '../../../src/model/observation.js';
import type { ResultJson } from '../../../src/model/result.js';
import { indexOf } from '../../../src/histogram/layout.js';

/** A name with everything in it that the log's format has a meaning for. */
export const awkwardName = 'read, 50% | "all"\nor so';
export const endpointNames = ['create order', awkwardName];

export function samplePlan(workers = 2): RunPlan {
  const scenario = scenarioSchema.parse({
    name: 'orders',
    seed: 7,
    production: { tables: { orders: { rows: 500_000_000, size: '210GB' } } },
    environment: { database: { provide: 'embedded' }, services: {} },
    traffic: {
      rate: '400/s',
      timeout: '5s',
      workers,
      endpoints: {
        'create order': { sql: { text: 'insert into orders default values' }, tables: ['orders'] },
        [awkwardName]: { sql: { text: 'select 1' } },
      },
    },
    upgrade: { steps: [{ name: 'add status', sql: 'alter table orders add status text', transaction: 'statement' }] },
    rollback: { steps: [{ name: 'drop status', sql: 'alter table orders drop status', transaction: 'statement' }] },
    objectives: { latency: { p99: '250ms' } },
  });
  const plan: RunPlan = {
    schema: 'dten.plan/1',
    name: scenario.name,
    seed: scenario.seed,
    scenarioFile: '/scenarios/orders/scenario.yaml',
    baseDir: '/scenarios/orders',
    scenarioSha256: '0'.repeat(64),
    scenario,
    upgrade: scenario.upgrade.steps.map((s) => ({ ...s, kind: 'sql', side: 'upgrade', id: `upgrade.${s.name}` })),
    rollback: scenario.rollback.steps.map((s) => ({ ...s, kind: 'sql', side: 'rollback', id: `rollback.${s.name}` })),
    collisions: [],
    phaseMs: { warmup: 5_000, baseline: 20_000, soak: 20_000, recovery: 20_000 },
    inFlightCap: 2_000,
    fixedMs: 65_000,
    warnings: [],
  };
  // As a plan comes back from its JSON: without the undefined ones.
  return JSON.parse(JSON.stringify(plan)) as RunPlan;
}

export function series(endpoint: number, phase: number, kind: Series['kind'], latenciesUs: number[]): Series {
  const counts = new Map<number, number>();
  for (const us of latenciesUs) counts.set(indexOf(us), (counts.get(indexOf(us)) ?? 0) + 1);
  return { endpoint, phase, kind, index: Uint32Array.from(counts.keys()), count: Uint32Array.from(counts.values()) };
}

export function tally(endpoint: number, phase: number, parts: Partial<SecondTally>): SecondTally {
  const ends = { ok: 0, httpError: 0, timeout: 0, connectionError: 0, dropped: 0, aborted: 0, ...parts };
  const intended = ends.ok + ends.httpError + ends.timeout + ends.connectionError + ends.dropped + ends.aborted;
  return { endpoint, phase, intended, reasons: {}, missed: {}, retries: 0, variants: {}, ...ends };
}

type Interval = Extract<FromWorker, { type: 'interval' }>;

export function interval(
  worker: number,
  second: number,
  final: boolean,
  parts: { series?: Series[]; tally?: SecondTally[] } = {},
): Interval {
  return { type: 'interval', worker, second, final, series: parts.series ?? [], tally: parts.tally ?? [] };
}

/** 100 requests of both endpoints in a second: response as given, the other kinds beside it. */
export function fullSecond(worker: number, second: number, phase: number, slowestUs = 20_000): Interval {
  const latencies = Array.from({ length: 50 }, (_, i) => 1_000 + Math.round((i * (slowestUs - 1_000)) / 49));
  return interval(worker, second, true, {
    series: [0, 1].flatMap((endpoint) => [
      series(endpoint, phase, 'response', latencies),
      series(endpoint, phase, 'fromDue', latencies.map((us) => us - 100)),
      series(endpoint, phase, 'service', latencies.map((us) => us / 2)),
      series(endpoint, phase, 'lag', latencies.map(() => 100)),
    ]),
    tally: [tally(0, phase, { ok: 50 }), tally(1, phase, { ok: 50 })],
  });
}

export function lockWait(overrides: Partial<LockWait> = {}): LockWait {
  const alter = {
    pid: 40,
    actor: { kind: 'upgrade', name: 'add status' } as const,
    query: 'ALTER TABLE orders\n  ADD COLUMN status text;',
  };
  const report = {
    pid: 41,
    actor: { kind: 'background', name: 'nightly report' } as const,
    query: 'select status, count(*) from orders group by 1',
  };
  return {
    waiter: { pid: 50, actor: { kind: 'service', name: 'shop' }, query: 'insert into orders default values' },
    lockType: 'relation',
    mode: 'RowExclusiveLock',
    relation: 'public.orders',
    target: 'relation public.orders',
    fromUs: 8_000_000,
    toUs: 12_100_000,
    errorMs: 10,
    durationMs: 4_100,
    ended: 'granted',
    seenBy: ['sampler'],
    blockers: [alter],
    chain: [alter, report],
    root: report,
    phase: 'upgrade',
    step: 'upgrade.add status',
    ...overrides,
  };
}

/** A run of 20 s: warmup 0–2, baseline 2–7, upgrade 7–12, soak 12–15, rollback 15–17, recovery 17–20. */
export function sampleEvents(): StampedEvent[] {
  const second = 1_000_000;
  const events = [
    { type: 'run', edge: 'start', epochUs: 1_700_000_000_000_000, atUs: 0 },
    { type: 'phase', phase: 'warmup', fromUs: 50_000, atUs: 0 },
    { type: 'phase', phase: 'baseline', fromUs: 2 * second, atUs: 1.95 * second },
    { type: 'phase', phase: 'upgrade', fromUs: 7 * second, atUs: 6.95 * second },
    { type: 'step', step: 'upgrade.add status', attempt: 1, edge: 'start', pid: 40, atUs: 7.1 * second },
    {
      type: 'step',
      step: 'upgrade.add status',
      attempt: 1,
      edge: 'end',
      pid: 40,
      final: false,
      outcome: { ok: false, code: 'sql', message: 'canceling statement due to lock timeout', sqlState: '55P03' },
      atUs: 7.5 * second,
    },
    { type: 'step', step: 'upgrade.add status', attempt: 2, edge: 'start', pid: 40, atUs: 8 * second },
    {
      type: 'step',
      step: 'upgrade.add status',
      attempt: 2,
      edge: 'end',
      pid: 40,
      final: true,
      outcome: { ok: true },
      atUs: 12 * second,
    },
    { type: 'phase', phase: 'soak', fromUs: 12 * second, atUs: 11.95 * second },
    { type: 'phase', phase: 'rollback', fromUs: 15 * second, atUs: 14.95 * second },
    { type: 'step', step: 'rollback.drop status', attempt: 1, edge: 'start', pid: 42, atUs: 15.1 * second },
    {
      type: 'step',
      step: 'rollback.drop status',
      attempt: 1,
      edge: 'end',
      pid: 42,
      final: true,
      outcome: { ok: true },
      atUs: 16 * second,
    },
    { type: 'phase', phase: 'recovery', fromUs: 17 * second, atUs: 16.95 * second },
    { type: 'phase', phase: 'done', fromUs: 20 * second, atUs: 19.95 * second },
  ] as const;
  return events.map((event, seq): StampedEvent => ({ ...event, seq }));
}

export const phaseOfSecond = (second: number) =>
  second < 2 ? 0 : second < 7 ? 1 : second < 12 ? 2 : second < 15 ? 3 : second < 17 ? 4 : 5;

export function sampleTrace(): TraceReport {
  return {
    state: 'complete',
    statements: [
      {
        step: 'upgrade.add status',
        index: 0,
        line: 3,
        statement: 'ALTER TABLE orders\n  ADD COLUMN status text DEFAULT gen_random_uuid();',
        durationMs: 230,
        heldAfterMs: 1.5,
        locks: [
          { relation: 'public.orders_pkey', relkind: 'i', mode: 'AccessExclusiveLock', created: false },
          { relation: 'public.orders', relkind: 'r', mode: 'AccessExclusiveLock', created: false },
          { relation: 'public.fresh', relkind: 'r', mode: 'AccessExclusiveLock', created: true },
        ],
        rewrites: ['public.orders'],
        scans: [{ kind: 'rewrite', relation: 'public.orders' }],
        invalidIndexes: [],
        unvalidatedConstraints: [],
        walBytes: 1_000,
        rows: null,
        polled: false,
        outcome: { ok: true },
      },
    ],
    added: { columns: ['orders.status'], constraints: [], enumLabels: [] },
    tables: { 'public.orders': { bytes: 64 * 1024 * 1024, rows: 1_000_000 } },
  };
}

export function sampleVerdict(): ResultJson['verdict'] {
  return {
    verdict: 'NO-GO',
    because: 'create order p99 was 4.1 s in the upgrade, 16 times its limit',
    findings: [
      {
        rule: 'not-asked-of-anyone',
        weight: 'note',
        what: 'the service runs 2 replicas',
        where: {},
        remedy: 'nothing to do',
      },
      {
        rule: 'send-lag',
        weight: 'INVALID',
        what: 'the harness was late in recovery',
        where: { phase: 'recovery' },
        measured: 30,
        limit: 25,
        unit: 'ms',
        remedy: 'use a larger machine',
      },
      {
        rule: 'lock-wait',
        weight: 'NO-GO',
        what: 'sessions waited behind the upgrade',
        where: { step: 'upgrade.add status', table: 'public.orders' },
        measured: 600,
        limit: 500,
        unit: 'ms',
        remedy: 'set lockTimeout',
      },
      {
        rule: 'latency',
        weight: 'NO-GO',
        what: 'create order p99 was 4.1 s',
        where: {
          endpoint: 'create order',
          phase: 'upgrade',
          step: 'upgrade.add status',
          statement: 'ALTER TABLE orders ADD COLUMN status text;',
          fromUs: 7_000_000,
          toUs: 17_000_000,
        },
        measured: 4_100,
        limit: 250,
        unit: 'ms',
        why: '48 backends waited for AccessExclusiveLock on orders',
        remedy: 'set lockTimeout: 300ms and retries: 10',
      },
      {
        rule: 'queue-hazard-not-exercised',
        weight: 'NO-GO',
        what: 'no older holder existed',
        where: { step: 'rollback.drop status' },
        remedy: 'add a collision',
        waived: { reason: 'rehearsed last week', until: '2026-12-31' },
      },
    ],
    rules: [
      { rule: 'latency', state: 'fail', summary: 'worst p99 4.1 s of 250 ms' },
      { rule: 'errors', state: 'pass', summary: 'worst 0% of 0.1% over 10 s' },
      { rule: 'lock-wait', state: 'fail', summary: 'longest 600 ms of 500 ms' },
      { rule: 'send-lag', state: 'fail', summary: 'p99 30 ms of 25 ms' },
      { rule: 'throughput', state: 'no data', summary: 'no samples in recovery' },
      { rule: 'downtime', state: 'not asked', summary: '' },
    ],
  };
}
