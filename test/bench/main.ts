import { cpus, loadavg } from 'node:os';
import { printGoals, type Bench, type Goal } from './goals.js';

/** `npm run bench [-- name…]`: all benches, or those named, one after another. Loaded when their turn comes. */
const benches: Record<string, () => Promise<{ run: Bench | (() => Promise<void>) }>> = {
  data: () => import('./data-copy.js'),
  recorder: () => import('./traffic-recorder.js'),
  lag: () => import('./traffic-lag.js'),
  cpu: () => import('./traffic-cpu.js'),
  stall: () => import('./traffic-stall.js'),
  locks: () => import('./locks-recall.js'),
  overhead: () => import('./locks-overhead.js'),
  ledger: () => import('./ledger.js'),
  verdicts: () => import('./verdicts.js'),
  compare: () => import('./compare.js'),
  trend: () => import('./trend.js'),
  serve: () => import('./serve.js'),
  report: () => import('./report-page.js'),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}

const goals: Goal[] = [];
const [cpu] = cpus();
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpu?.model ?? 'unknown CPU'}, load ${loadavg()[0]}`,
);
for (const name of asked.length > 0 ? asked : Object.keys(benches)) {
  console.log(`\n── ${name}`);
  const bench = await benches[name]!();
  // The lock benches print their goals themselves.
  goals.push(...((await bench.run()) ?? []));
}
if (goals.length > 0) {
  console.log('\n── goals');
  printGoals(goals);
}
// Worker threads and pools of what was measured may still be winding down.
process.exit(0);
