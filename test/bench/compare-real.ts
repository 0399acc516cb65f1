import type * as compareModule from '../../src/compare/compare-runs.js';
import type * as varianceModule from '../../src/compare/run-variance.js';
import type * as library from '../../src/index.js';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompareOptions } from '../../src/compare/compare-runs.js';
import type { RunProfile } from '../../src/compare/profile/run-profile.js';
import { drawUnit } from '../../src/foundation/rng.js';
import { built } from './built.js';
import { rehearseAlike } from './aa-rehearsals.js';
import { printTable, type Goal } from './goals.js';
import { shareText } from './wilson.js';

/** DTEN_BENCH_AA=40: so many real rehearsals of one scenario; DTEN_BENCH_AA_RESULTS: where they are kept. */
const runs = Number(process.env.DTEN_BENCH_AA ?? 0);
const results = process.env.DTEN_BENCH_AA_RESULTS ?? join(tmpdir(), 'dten-bench-aa');
const splits = 1_000;

/**
 * Real rehearsals of one and the same scenario, split at random into two sides again and again: every regression
 * found is a false one. Writes the variance that `dten compare --aa` reads.
 */
export async function realAlike(options: CompareOptions): Promise<Goal[]> {
  if (runs === 0) {
    console.log('  real A/A rehearsals: not asked for (DTEN_BENCH_AA=40)');
    return [];
  }
  console.log(`real A/A: ${runs} rehearsals of one small scenario, in ${results}`);
  const profiles = await profilesOf(await rehearseAlike(runs, results), options);
  const { compareRuns } = await built<typeof compareModule>('compare/compare-runs.js');
  const { runVariance } = await built<typeof varianceModule>('compare/run-variance.js');

  const variance = runVariance(profiles);
  const file = join(results, 'run-variance.json');
  writeFileSync(file, `${JSON.stringify(variance, null, 1)}\n`);
  const unfit = profiles.filter((one) => one.unfit !== undefined).length;
  console.log(`  ${profiles.length} runs, ${unfit} INVALID (they count here); variance written to ${file}`);
  printTable([
    ['run-to-run sd of ln(quantile)', ...['p50', 'p90', 'p99']],
    ...['read item', 'add item'].flatMap((endpoint) =>
      (['baseline', 'soak', 'recovery'] as const).map((phase) => [
        `${endpoint}, ${phase}`,
        ...['p50', 'p90', 'p99'].map((percentile) => {
          const cell = variance.cells.find(
            (one) => one.endpoint === endpoint && one.phase === phase && one.percentile === percentile,
          );
          return cell ? `${(100 * cell.sdLog).toFixed(1)}%` : '–';
        }),
      ]),
    ),
  ]);

  const counts = { regressed: 0, gates: 0, improved: 0, told: 0 };
  const compared = (a: RunProfile[], b: RunProfile[]) =>
    compareRuns(a, b, { ...options, includeInvalid: true });
  for (let split = 0; split < splits; split++) {
    const order = shuffled(profiles, split);
    const half = Math.floor(order.length / 2);
    const found = compared(order.slice(0, half), order.slice(half, 2 * half));
    if (found.verdict === 'regressed') counts.regressed += 1;
    if (found.verdict !== 'could not tell') counts.told += 1;
    if (found.cells.some(({ answer, gate }) => gate && answer === 'regressed')) counts.gates += 1;
    if (found.cells.some(({ answer }) => answer === 'improved')) counts.improved += 1;
  }
  const a = profiles.filter((_, at) => at % 2 === 0);
  const b = profiles.filter((_, at) => at % 2 === 1);
  const interleaved = compared(a, b.slice(0, a.length));
  console.log(`  every other run against the rest, as they ran: ${interleaved.verdict}`);
  console.log(
    `  ${splits} random splits ${a.length} against ${a.length}: a gate regressed ${shareText(counts.gates, splits)}, anything improved ${shareText(counts.improved, splits)}, an answer at all ${shareText(counts.told, splits)}`,
  );
  console.log('  (splits share their runs: the interval is that of the draw of splits, not of new runs)');
  return [
    {
      goal: `compare, ${profiles.length} real A/A rehearsals: anything regressed in ≤ 5% of random splits`,
      measured: shareText(counts.regressed, splits),
      met: counts.regressed <= 0.05 * splits,
    },
  ];
}

async function profilesOf(dirs: readonly string[], options: CompareOptions): Promise<RunProfile[]> {
  const { profileRun, readResult, judge } = await built<typeof library>('index.js');
  const percentiles = options.gates.map(({ percentile }) => percentile);
  const profiles: RunProfile[] = [];
  for (const dir of dirs) {
    const view = await readResult(dir);
    profiles.push(profileRun(view, judge(view), { dir, percentiles }));
  }
  return profiles;
}

/** Fisher–Yates. */
function shuffled<T>(all: readonly T[], counter: number): T[] {
  const order = [...all];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(drawUnit(4, 77, counter, i) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
