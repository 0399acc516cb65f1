import autocannon from 'autocannon';
import { Pool } from 'undici';
import { startClock } from '../../src/foundation/clock.js';
import { TrafficRig } from '../integration/traffic/rig.js';
import { BenchTarget } from './bench-target.js';
import type * as pacerModule from '../../src/traffic/pacer.js';
import type * as scheduleModule from '../../src/traffic/phase-schedule.js';
import { built } from './built.js';
import { median, printTable, type Bench } from './goals.js';

const { Pacer } = await built<typeof pacerModule>('traffic/pacer.js');
const { PhaseSchedule } = await built<typeof scheduleModule>('traffic/phase-schedule.js');

const ratePerSecond = 2000;
const connections = 50;
const warmMs = 1_500;
const measuredMs = 5_000;
const rounds = 3;

/** CPU µs of this process (all its threads) for each request, over the measured time. */
async function cpuOf(requests: () => number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, warmMs));
  const before = process.cpuUsage();
  const from = requests();
  await new Promise((resolve) => setTimeout(resolve, measuredMs));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (requests() - from);
}

async function dten(target: BenchTarget): Promise<number> {
  const rig = await TrafficRig.start(
    { rate: `${ratePerSecond}/s`, connections, endpoints: { get: { request: { path: '/' } } } },
    { targets: [target.target] },
  );
  const beganUs = rig.traffic.enter('baseline');
  // What has begun by the clock: the workers report only once a second.
  const cpu = await cpuOf(() => ((rig.now() - beganUs) / 1_000_000) * ratePerSecond);
  await rig.stop();
  return cpu;
}

/** Pool.dispatch on the same schedule and pacer, recording nothing. */
async function bare(target: BenchTarget): Promise<number> {
  const clock = startClock();
  const pool = new Pool(target.origin, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  const schedule = new PhaseSchedule({
    seed: 1,
    ratePerSecond,
    arrivals: 'poisson',
    shard: { index: 0, of: 1 },
  });
  const options = { path: '/', method: 'GET' as const };
  class Handler {
    onConnect(): void {}
    onHeaders(): boolean {
      return true;
    }
    onData(): boolean {
      return true;
    }
    onComplete(): void {}
    onError(): void {}
  }
  const tick = () => {
    while (schedule.takeDue(clock.now())) pool.dispatch(options, new Handler());
    schedule.lookAhead(clock.now() + 40_000, (atUs) => pacer.wakeAt(atUs));
  };
  const pacer = new Pacer(clock, tick, (error) => {
    throw error;
  });
  schedule.enter('baseline', clock.now());
  const beganUs = clock.now();
  const every = setInterval(tick, 10);
  const cpu = await cpuOf(() => ((clock.now() - beganUs) / 1_000_000) * ratePerSecond);
  clearInterval(every);
  await pacer.stop();
  await pool.destroy();
  return cpu;
}

async function closed(target: BenchTarget, overallRate?: number): Promise<number> {
  let answers = 0;
  let stop = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    const instance = autocannon(
      {
        url: target.origin,
        connections,
        duration: (warmMs + measuredMs) / 1000 + 2,
        ...(overallRate === undefined ? {} : { overallRate }),
      },
      (error: Error | null) => (error ? reject(error) : resolve()),
    );
    instance.on('response', () => (answers += 1));
    stop = () => instance.stop();
  });
  const cpu = await cpuOf(() => answers);
  stop();
  await ended;
  return cpu;
}

/** CPU µs a request at 2000/s, rounds interleaved, so that a noisy neighbour hits all of them. */
export const run: Bench = async () => {
  const target = await BenchTarget.start();
  const measured: Record<string, number[]> = {
    dten: [],
    'Pool.dispatch, same schedule and pacer': [],
    'autocannon at that rate': [],
    'autocannon, as fast as it goes': [],
  };
  for (let round = 0; round < rounds; round++) {
    measured['dten']!.push(await dten(target));
    measured['Pool.dispatch, same schedule and pacer']!.push(await bare(target));
    measured['autocannon at that rate']!.push(await closed(target, ratePerSecond));
    measured['autocannon, as fast as it goes']!.push(await closed(target));
  }
  target.stop();
  printTable([
    ['CPU µs a request', 'median', 'rounds'],
    ...Object.entries(measured).map(([name, values]) => [
      name,
      median(values).toFixed(0),
      values.map((value) => value.toFixed(0)).join(' '),
    ]),
  ]);
  const ratios = measured['dten']!.map(
    (value, round) => value / measured['Pool.dispatch, same schedule and pacer']![round]!,
  );
  const ratio = median(ratios);
  return [
    {
      goal: 'CPU a request at 2000/s ≤ 1.15 × Pool.dispatch, same schedule and pacer',
      measured: `${ratio.toFixed(2)} × (${median(measured['dten']!).toFixed(0)} µs)`,
      met: ratio <= 1.15,
    },
  ];
};
