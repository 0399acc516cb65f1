import autocannon from 'autocannon';
import { formatCount } from '../../src/foundation/units.js';
import { Counts } from '../../src/histogram/counts.js';
import { phases } from '../../src/model/scenario.js';
import { PhaseSchedule } from '../../src/traffic/phase-schedule.js';
import { TrafficRig } from '../integration/traffic/rig.js';
import { BenchTarget } from './bench-target.js';
import { printTable, type Bench, type Goal } from './goals.js';

const connections = 50;
const durationMs = 10_000;
const stallAtMs = 3_000;
const stallMs = 3_000;
/** The truth ends where the target answers; the way back of the answer must be small beside it. */
const serviceMs = 1;
const quantiles = [0.5, 0.9, 0.99, 0.999];

interface Row {
  name: string;
  n: number;
  /** p50, p90, p99, p99.9 in ms. */
  ms: number[];
}

function rowOf(name: string, counts: Counts): Row {
  return { name, n: counts.total, ms: quantiles.map((q) => counts.quantileUs(q) / 1000) };
}

/** Our run, and the truth: when the target says it answered, less the seeded intended start. */
async function ours(
  ratePerSecond: number,
): Promise<{ truth: Row; seen: Row; intended: number; ended: number }> {
  const target = await BenchTarget.start(serviceMs);
  const rig = await TrafficRig.start(
    { rate: `${ratePerSecond}/s`, connections, endpoints: { get: { request: { path: '/${request.id}' } } } },
    { targets: [target.target] },
  );
  await rig.run('warmup', 1_000);
  const fromUs = rig.traffic.enter('baseline');
  await rig.until(fromUs + stallAtMs * 1000);
  target.stall(stallMs);
  await rig.until(fromUs + durationMs * 1000);
  const totals = await rig.stop();
  const log = await target.report();
  target.stop();

  const schedule = new PhaseSchedule({
    seed: 1,
    ratePerSecond,
    arrivals: 'poisson',
    shard: { index: 0, of: 1 },
  });
  schedule.enter('baseline', fromUs);
  const truth = new Counts();
  for (let next = schedule.takeDue(Infinity); next; next = schedule.takeDue(Infinity)) {
    const answered = log.get(`${phases[next.phase]}-${next.index}`);
    if (answered === undefined) break;
    truth.record(Number(answered - rig.ctx.clock.zeroNs) / 1000 - next.atUs);
  }
  return {
    truth: rowOf(`truth, ${ratePerSecond}/s`, truth),
    seen: rowOf('dten', rig.counts('response', { phase: 'baseline' })),
    intended: totals.intended,
    ended: totals.ok,
  };
}

async function autocannonRun(
  name: string,
  ratePerSecond: number,
  ignoreCoordinatedOmission: boolean,
): Promise<Row> {
  const target = await BenchTarget.start(serviceMs);
  const timer = setTimeout(() => target.stall(stallMs), stallAtMs);
  const result = await autocannon({
    url: target.origin,
    connections,
    duration: durationMs / 1000,
    overallRate: ratePerSecond,
    ignoreCoordinatedOmission,
  });
  clearTimeout(timer);
  target.stop();
  // totalCount is hdr-histogram-percentiles-obj's, and not in autocannon's types.
  const latency = result.latency as typeof result.latency & { totalCount: number };
  return { name, n: latency.totalCount, ms: [latency.p50, latency.p90, latency.p99, latency.p99_9] };
}

/** A stall of 3 s in 10 s of constant offered load, as seen by dten and by autocannon. */
export const run: Bench = async () => {
  const goals: Goal[] = [];
  const rows: Row[] = [];
  for (const rate of [1000, 2000]) {
    const { truth, seen, intended, ended } = await ours(rate);
    rows.push(truth, seen);
    const limits = [0.1, 0.05, 0.02];
    const off = limits.map((_, at) => Math.abs(seen.ms[at]! / truth.ms[at]! - 1));
    goals.push(
      {
        goal: `3 s stall at ${rate}/s: p50 within 10%, p90 5%, p99 2% of the truth`,
        measured: off.map((o) => `${(o * 100).toFixed(1)}%`).join(', '),
        met: off.every((o, at) => o <= limits[at]!),
      },
      {
        goal: `recorded ÷ intended at ${rate}/s = 1.000`,
        measured: `${(seen.n / truth.n).toFixed(3)} (${ended} of ${intended} ended ok)`,
        met: seen.n === truth.n && ended === intended,
      },
    );
    if (rate !== 1000) continue;
    rows.push(await autocannonRun('autocannon', rate, false));
    rows.push(await autocannonRun('autocannon, ignoreCoordinatedOmission', rate, true));
  }
  printTable([
    ['ms', 'p50', 'p90', 'p99', 'p99.9', 'n'],
    ...rows.map(({ name, n, ms }) => [name, ...ms.map((v) => v.toFixed(1)), formatCount(n)]),
  ]);
  return goals;
};
