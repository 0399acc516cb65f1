import { applicationName } from '../../../src/model/actor.js';
import {
  seriesKinds,
  type LockParty,
  type LockWait,
  type OutcomeKind,
  type SecondTally,
  type ServerSample,
  type StampedEvent,
  type RunEvent,
  type StatementTrace,
  type TracedLock,
  type TrafficSecond,
} from '../../../src/model/observation.js';
import type { PlannedStep, Side } from '../../../src/model/plan.js';
import type { PhaseSpan, ResultView, SeriesSecond, StepRecord } from '../../../src/model/result.js';
import { phases, scenarioSchema, type Phase } from '../../../src/model/scenario.js';
import { Counts } from '../../../src/histogram/counts.js';

export const s = 1_000_000;

/** One planted request; latencies in ms. */
export interface Planted {
  ms: number;
  /** From when the pacer fired; default: `ms`. */
  dueMs?: number;
  lagMs?: number;
  end?: OutcomeKind;
  reason?: string;
  variant?: number;
}

export interface Planting {
  endpoints?: Record<string, object>;
  services?: Record<string, object>;
  objectives?: object;
  production?: object;
  waivers?: object[];
  background?: object;
  /** Length of each phase, s; 0 leaves it out. */
  phases?: Partial<Record<Phase, number>>;
  /** Requests per endpoint and second. */
  perSecond?: number;
  /** What the i-th request of an endpoint in a second came to; default 5 ms, ok. */
  request?: (endpoint: string, second: number, i: number, phase: Phase) => Planted | undefined;
  upgrade?: PlannedStep[];
  rollback?: PlannedStep[];
  steps?: StepRecord[];
  events?: (RunEvent & { atUs: number })[];
  lockWaits?: LockWait[];
  statements?: StatementTrace[];
  view?: Partial<ResultView>;
}

const defaultPhases: Record<Phase, number> = {
  warmup: 2,
  baseline: 20,
  upgrade: 5,
  soak: 20,
  rollback: 5,
  recovery: 20,
};

/** The instant a phase begins with the default lengths, µs. */
export const upgradeAt = 22 * s;
const rollbackAt = 47 * s;

/** A planned sql step, one statement per text. */
export function sqlStep(
  side: Side,
  name: string,
  texts: string[],
  transaction: 'file' | 'statement' = 'statement',
): PlannedStep {
  return {
    kind: 'sql',
    side,
    id: `${side}.${name}`,
    name,
    sql: texts.join(';\n'),
    timeout: 600_000,
    retries: 0,
    retryDelay: 500,
    source: {
      transaction,
      statements: texts.map((text, index) => ({
        index,
        text,
        line: index + 1,
        node: 'AlterTableStmt',
        kind: 'other' as const,
        transactional: true,
      })),
    },
  };
}

/** A step that took [fromUs, toUs) in one attempt. */
export function ran(
  step: PlannedStep,
  fromUs: number,
  toUs: number,
  outcome: StepRecord['outcome'] = 'ok',
): StepRecord {
  const ok = outcome === 'ok';
  return {
    step: step.id,
    side: step.side,
    kind: step.kind,
    fromUs,
    toUs,
    attempts: [{ attempt: 1, fromUs, toUs, ok, ...(!ok && { code: '23514', message: 'check violated' }) }],
    outcome,
  };
}

/** The events of statement `index` from `fromUs` to `toUs`, and of its own transaction. */
export function statementEvents(
  step: PlannedStep,
  index: number,
  fromUs: number,
  toUs: number,
  more: { attempt?: number; pid?: number; sqlState?: string; alone?: boolean } = {},
): (RunEvent & { atUs: number })[] {
  const { attempt = 1, pid = 900, sqlState, alone = true } = more;
  const about = { type: 'statement' as const, step: step.id, attempt, index, pid };
  const outcome =
    sqlState === undefined
      ? { ok: true as const }
      : { ok: false as const, code: sqlState, message: 'failed', sqlState };
  return [
    { ...about, edge: 'start', atUs: fromUs },
    { ...about, edge: 'end', outcome, atUs: toUs },
    ...(alone ? [transactionEvent(step, index, index, toUs, { attempt, pid })] : []),
  ];
}

export function transactionEvent(
  step: PlannedStep,
  from: number,
  to: number,
  atUs: number,
  { attempt = 1, pid = 900 } = {},
): RunEvent & { atUs: number } {
  return { type: 'transaction', step: step.id, attempt, from, to, pid, outcome: { ok: true }, atUs };
}

export function traced(step: PlannedStep, index: number, more: Partial<StatementTrace> = {}): StatementTrace {
  return {
    step: step.id,
    index,
    line: index + 1,
    statement: step.source?.statements[index]?.text ?? '',
    durationMs: 3,
    heldAfterMs: 0.5,
    locks: [],
    rewrites: [],
    scans: [],
    invalidIndexes: [],
    unvalidatedConstraints: [],
    walBytes: 100,
    rows: null,
    polled: false,
    outcome: { ok: true },
    ...more,
  };
}

export function lock(relation: string, mode: string, more: Partial<TracedLock> = {}): TracedLock {
  return { relation, relkind: 'r', mode, created: false, ...more };
}

/** A session, as `application_name` would show it. */
export function party(
  kind: LockParty['actor']['kind'],
  name: string,
  pid: number,
  query?: string,
): LockParty {
  if (kind !== 'other' && kind !== 'autovacuum') expectShort(applicationName({ kind, name }));
  return { pid, actor: { kind, name }, ...(query !== undefined && { query }) };
}

function expectShort(name: string): void {
  if (name.length > 63) throw new Error(`${name} would be cut`);
}

export function wait(
  waiter: LockParty,
  ahead: LockParty[],
  fromUs: number,
  durationMs: number,
  more: Partial<LockWait> = {},
): LockWait {
  const root = ahead.at(-1);
  return {
    waiter,
    lockType: 'relation',
    mode: 'AccessShareLock',
    relation: 'orders',
    target: 'relation orders',
    fromUs,
    toUs: fromUs + durationMs * 1000,
    errorMs: 5,
    durationMs,
    ended: 'granted',
    seenBy: ['sampler'],
    blockers: ahead.slice(0, 1),
    chain: ahead,
    ...(root && { root }),
    phase: 'upgrade',
    ...more,
  };
}

/** A rehearsal in which everything went well, but for what is planted. */
export function buildView(planting: Planting = {}): ResultView {
  const { perSecond = 50, upgrade = [sqlStep('upgrade', 'noop', ['select 1'])], rollback = [] } = planting;
  const scenario = scenarioSchema.parse({
    name: 'planted',
    environment: { database: {}, services: planting.services ?? { shop: { command: ['node', 'app.js'] } } },
    traffic: {
      rate: `${perSecond * Object.keys(planting.endpoints ?? { read: {} }).length}/s`,
      endpoints: planting.endpoints ?? { read: { request: { path: '/' } } },
    },
    upgrade: { steps: [{ name: 'noop', sql: 'select 1' }] },
    objectives: planting.objectives ?? {},
    ...(planting.production && { production: planting.production }),
    ...(planting.waivers && { waivers: planting.waivers }),
    ...(planting.background && { background: planting.background }),
  });
  const spans = spansOf({ ...defaultPhases, ...planting.phases });
  const upgradeFromUs = spans.find(({ phase }) => phase === 'upgrade')?.fromUs ?? 0;
  const endpoints = Object.keys(scenario.traffic.endpoints);
  const { series, seconds } = trafficOf(endpoints, spans, perSecond, planting.request);
  const plan: ResultView['plan'] = {
    schema: 'dten.plan/1',
    name: 'planted',
    seed: 1,
    scenarioFile: '/tmp/planted.yaml',
    baseDir: '/tmp',
    scenarioSha256: '',
    scenario,
    upgrade,
    rollback,
    collisions: [],
    phaseMs: { warmup: 2_000, baseline: 20_000, soak: 20_000, recovery: 20_000 },
    inFlightCap: 1000,
    fixedMs: 62_000,
    warnings: [],
  };
  const toUs = spans.at(-1)?.toUs ?? 0;
  return {
    manifest: {
      schema: 'dten.result/1',
      id: 'abc',
      scenario: 'planted',
      startedAt: '2026-06-15T10:00:00.000Z',
      zeroEpochUs: 0,
      plan,
    },
    plan,
    endpoints,
    complete: true,
    ended: 'complete',
    fingerprint: null,
    phases: spans,
    gaps: [],
    audits: [],
    steps: planting.steps ?? [
      ...upgrade.map((step) => ran(step, upgradeFromUs + s, upgradeFromUs + 2 * s)),
      ...rollback.map((step) => ran(step, rollbackAt + s, rollbackAt + 2 * s)),
    ],
    events: (planting.events ?? noopEvents(upgrade, upgradeFromUs))
      .toSorted((a, b) => a.atUs - b.atUs)
      .map((event, seq): StampedEvent => ({ ...event, seq })),
    series,
    seconds,
    lockWaits: planting.lockWaits ?? [],
    lockCoverage: {
      floorMs: 10,
      cadenceMs: { asked: 10, p50: 10.2, p99: 14, max: 30 },
      samples: 7000,
      log: 'read',
      deadlockTimeoutMs: 1000,
      gaps: [],
    },
    server: serverSamples(toUs),
    health: Array.from({ length: toUs / s }, (_, second) => ({
      second,
      worker: 0,
      lagP50Us: 200,
      lagP99Us: 500,
      lagMaxUs: 900,
      loopDelayP99Us: 1000,
      cpuRatio: 0.2,
      inFlight: 1,
      queued: 0,
      busyConnections: 1,
      connections: 64,
      sent: perSecond * endpoints.length,
    })),
    trace: {
      state: 'complete',
      statements:
        planting.statements ??
        upgrade.flatMap((step) => (step.source?.statements ?? []).map(({ index }) => traced(step, index))),
      added: { columns: [], constraints: [], enumLabels: [] },
      tables: { orders: { bytes: 100 * 1024 ** 2, rows: 1_000_000 }, settings: { bytes: 8192, rows: 10 } },
    },
    degraded: [],
    teardownFailures: [],
    state: [],
    residue: null,
    damage: [],
    ...planting.view,
  };
}

function noopEvents(upgrade: PlannedStep[], upgradeFromUs: number): (RunEvent & { atUs: number })[] {
  return upgrade.flatMap((step) =>
    (step.source?.statements ?? []).flatMap(({ index }) =>
      statementEvents(step, index, upgradeFromUs + s, upgradeFromUs + s + 3000),
    ),
  );
}

function spansOf(lengths: Record<Phase, number>): PhaseSpan[] {
  let atUs = 0;
  return phases.flatMap((phase) => {
    if (lengths[phase] === 0) return [];
    const span = { phase, fromUs: atUs, toUs: atUs + lengths[phase] * s };
    atUs = span.toUs;
    return [span];
  });
}

/** orders is read and written by traffic, settings by nobody; checkpoints and autovacuum come all the time. */
function serverSamples(toUs: number): ServerSample[] {
  return Array.from({ length: toUs / s }, (_, second) => ({
    atUs: second * s,
    commits: second,
    rollbacks: 0,
    deadlocks: 0,
    blocksHit: 0,
    blocksRead: 0,
    activeBackends: 1,
    waitingBackends: 0,
    idleInTransaction: 0,
    walBytes: 0,
    checkpointsTimed: second,
    checkpointsRequested: 0,
    deadTuples: {},
    autovacuums: { orders: second },
    tableActivity: { orders: 1000 + second * 100, settings: 7 },
    host: { cpuBusyRatio: 0.3, memoryFreeBytes: 1e9, loadAverage1: 0.5 },
  }));
}

function trafficOf(
  endpoints: string[],
  spans: PhaseSpan[],
  perSecond: number,
  request: Planting['request'],
): { series: SeriesSecond[]; seconds: TrafficSecond[] } {
  const series: SeriesSecond[] = [];
  const bySecond = new Map<number, SecondTally[]>();
  for (const span of spans) {
    for (let second = Math.floor(span.fromUs / s); second * s < span.toUs; second++) {
      // A phase gets the share of a second that is its own.
      const share = (Math.min(span.toUs, (second + 1) * s) - Math.max(span.fromUs, second * s)) / s;
      for (const [endpoint, name] of endpoints.entries()) {
        const tally: SecondTally = {
          endpoint,
          phase: phases.indexOf(span.phase),
          intended: 0,
          ok: 0,
          httpError: 0,
          timeout: 0,
          connectionError: 0,
          dropped: 0,
          aborted: 0,
          reasons: {},
          missed: {},
          retries: 0,
          variants: {},
        };
        const counts = {
          response: new Counts(),
          fromDue: new Counts(),
          service: new Counts(),
          lag: new Counts(),
        };
        for (let i = 0; i < Math.round(perSecond * share); i++) {
          const planted = request?.(name, second, i, span.phase) ?? { ms: 5 };
          const end = planted.end ?? 'ok';
          tally.intended += 1;
          tally[end] += 1;
          if (end !== 'ok') {
            const reasons = end === 'dropped' || end === 'aborted' ? tally.missed : tally.reasons;
            reasons[planted.reason ?? end] = (reasons[planted.reason ?? end] ?? 0) + 1;
          }
          if (end === 'ok' && planted.variant !== undefined) {
            tally.variants[planted.variant] = (tally.variants[planted.variant] ?? 0) + 1;
          }
          counts.lag.record((planted.lagMs ?? 0.2) * 1000);
          if (end === 'dropped' || end === 'aborted') continue;
          counts.response.record(planted.ms * 1000);
          counts.fromDue.record((planted.dueMs ?? planted.ms) * 1000);
          counts.service.record(planted.ms * 1000);
        }
        for (const kind of seriesKinds) {
          if (counts[kind].total > 0)
            series.push({ endpoint, phase: tally.phase, kind, second, ...counts[kind].toSparse() });
        }
        bySecond.set(second, [...(bySecond.get(second) ?? []), tally]);
      }
    }
  }
  return { series, seconds: [...bySecond].map(([second, tallies]) => ({ second, tallies })) };
}
