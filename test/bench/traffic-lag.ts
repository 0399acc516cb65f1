import { TrafficRig } from '../integration/traffic/rig.js';
import { BenchTarget } from './bench-target.js';
import { printTable, type Bench } from './goals.js';

/** Send lag (due − intended) at constant rates: the harness's own lateness. */
export const run: Bench = async () => {
  const rows: string[][] = [['send lag, µs', 'p50', 'p90', 'p99', 'max']];
  let p99 = Number.NaN;
  for (const rate of [1000, 2000]) {
    const target = await BenchTarget.start();
    const rig = await TrafficRig.start(
      { rate: `${rate}/s`, connections: 50, endpoints: { get: { request: { path: '/' } } } },
      { targets: [target.target] },
    );
    await rig.run('warmup', 2_000);
    await rig.run('baseline', 8_000);
    await rig.stop();
    target.stop();
    const lag = rig.counts('lag', { phase: 'baseline' });
    if (rate === 1000) p99 = lag.quantileUs(0.99);
    rows.push([
      `${rate}/s Poisson`,
      ...[0.5, 0.9, 0.99].map((q) => String(lag.quantileUs(q))),
      String(lag.maxUs()),
    ]);
  }
  printTable(rows);
  return [{ goal: 'send-lag p99 ≤ 750 µs at 1000/s', measured: `${p99} µs`, met: p99 <= 750 }];
};
