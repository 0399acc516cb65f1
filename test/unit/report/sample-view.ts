import type { ResultView } from '../../../src/model/result.js';
import { phasesOf, stepsOf } from '../../../src/results/rebuild-timeline.js';
import {
  endpointNames,
  lockWait,
  phaseOfSecond,
  sampleEvents,
  samplePlan,
  sampleTrace,
  series,
  tally,
} from '../results/sample.js';

const second = 1_000_000;

/**
 * Twenty seconds of create order at 100/s, 10 ms each, but 4.1 s for every other request of the upgrade, where 5
 * are dropped and 3 answer 503; and read at 2/s.
 */
export function sampleView(overrides: Partial<ResultView> = {}): ResultView {
  const plan = samplePlan();
  const events = sampleEvents();
  const view: ResultView = {
    manifest: {
      schema: 'dten.result/1',
      id: 'a1b2c3',
      scenario: 'orders',
      startedAt: '2026-11-22T10:15:00.000Z',
      zeroEpochUs: 1,
      plan,
    },
    plan,
    endpoints: [...endpointNames],
    complete: true,
    ended: 'complete',
    fingerprint: {
      dten: '0.1.0',
      node: 'v20.20.2',
      platform: 'linux',
      cpus: 2,
      cpuModel: 'a cpu',
      memoryBytes: 8e9,
      provide: 'embedded',
      postgres: '18.4',
      settings: {},
      tables: { 'public.orders': { bytes: 64 * 1024 * 1024, rows: 1_000_000 } },
    },
    phases: phasesOf(events, 20 * second),
    steps: stepsOf(plan, events, 20 * second),
    gaps: [],
    audits: [],
    events,
    series: [],
    seconds: [],
    lockWaits: [
      ...Array.from({ length: 48 }, (_, i) =>
        lockWait({ waiter: { ...lockWait().waiter, pid: 100 + i }, durationMs: 4_100 - i * 10 }),
      ),
      lockWait({
        waiter: { ...lockWait().blockers[0]! },
        mode: 'AccessExclusiveLock',
        durationMs: 4_050,
        blockers: [lockWait().root!],
        chain: [lockWait().root!],
      }),
    ],
    lockCoverage: {
      floorMs: 20,
      cadenceMs: { asked: 10, p50: 10.1, p99: 14, max: 61 },
      samples: 1_950,
      log: 'read',
      deadlockTimeoutMs: 1_000,
      gaps: [[3 * second, 3.4 * second]],
    },
    server: [],
    health: [
      {
        second: 8,
        worker: 0,
        lagP50Us: 100,
        lagP99Us: 900,
        lagMaxUs: 2_000,
        loopDelayP99Us: 1_300,
        cpuRatio: 0.21,
        inFlight: 480,
        queued: 400,
        busyConnections: 64,
        connections: 64,
        sent: 100,
      },
    ],
    trace: sampleTrace(),
    degraded: [],
    teardownFailures: [],
    state: [],
    residue: null,
    damage: [],
  };
  for (let at = 0; at < 20; at++) {
    const phase = phaseOfSecond(at);
    const upgrade = phase === 2;
    const ok = upgrade ? 92 : 100;
    const latencies = Array.from({ length: upgrade ? 95 : 100 }, (_, i) =>
      upgrade && i % 2 === 1 ? 4_100_000 : 10_000,
    );
    const ends = upgrade
      ? { ok, httpError: 3, dropped: 5, reasons: { '503': 3 }, missed: { 'in-flight cap': 5 } }
      : { ok };
    view.seconds.push({ second: at, tallies: [tally(0, phase, ends), tally(1, phase, { ok: 2 })] });
    for (const kind of ['response', 'service'] as const) {
      view.series.push({ ...sparse(series(0, phase, kind, latencies)), second: at });
      view.series.push({ ...sparse(series(1, phase, kind, [2_000, 3_000])), second: at });
    }
    view.series.push({
      ...sparse(
        series(
          0,
          phase,
          'lag',
          latencies.map(() => 700),
        ),
      ),
      second: at,
    });
  }
  return { ...view, ...overrides };
}

function sparse(one: ReturnType<typeof series>) {
  return { ...one, index: [...one.index], count: [...one.count] };
}
