import type * as compareModule from '../../src/compare/compare-runs.js';
import type * as profileModule from '../../src/compare/profile/profile-run.js';
import type * as runsNeededModule from '../../src/compare/statistics/runs-needed.js';
import type { CompareOptions } from '../../src/compare/compare-runs.js';
import type { RunProfile } from '../../src/compare/profile/run-profile.js';
import { Counts } from '../../src/histogram/counts.js';
import { simulatedView, verdictOf } from '../support/simulated-runs.js';
import { built } from './built.js';
import { fixedThreshold, mannWhitney, type RivalRun } from './compare-rivals.js';
import { realAlike } from './compare-real.js';
import { printTable, type Bench, type Goal } from './goals.js';
import { shareText } from './wilson.js';

const { compareRuns } = await built<typeof compareModule>('compare/compare-runs.js');
const { profileRun } = await built<typeof profileModule>('compare/profile/profile-run.js');
const { runsNeeded } = await built<typeof runsNeededModule>('compare/statistics/runs-needed.js');

/** DTEN_BENCH_SIMULATIONS=200: fewer. */
const simulations = Number(process.env.DTEN_BENCH_SIMULATIONS ?? 400);
const ratePerSecond = 300;
const seconds = 60;
const change = 0.1;
const objectives = { latency: { p99: '250ms' } };

const options: CompareOptions = {
  ...{ margin: 0.1, detect: change, gates: [], variance: undefined, includeInvalid: false, seed: 1 },
};

/** Simulated runs, then real ones: how often a comparison is wrong, and how often it finds +10% of p99. */
export const run: Bench = async () => {
  const goals: Goal[] = [];
  console.log(
    `simulated p99 of ${ratePerSecond}/s for ${seconds} s, AR(1) φ=0.8, ${simulations} comparisons a row; worse = regressed`,
  );
  const rows = [['run-to-run sd', 'method', 'runs a side', 'A/A: worse', `+10%: worse`]];
  for (const runSd of [0, 0.04]) {
    const pool = makePool(runSd, 120);
    const sd = Math.SQRT2 * spreadOf(pool.map(({ rival }) => Math.log(rival.p99Ms)));
    const pairs = runsNeeded({ sd, df: pool.length - 1, paired: true }, Math.log1p(change), 0.05) ?? 1000;
    console.log(
      `  sd ${100 * runSd}%: of ${pool.length} A/A runs one pair differs by ${(100 * sd).toFixed(1)}% (sd), so ${pairs} pairs are announced for power 80% at +10%`,
    );
    const found = { aa: 0, worse: 0, fixed: [0, 0], ranks: [0, 0] };
    for (let i = 1; i <= simulations; i++) {
      const [a, same, slower] = armsOf(runSd, pairs, i);
      if (regressed(a, same)) found.aa += 1;
      if (regressed(a, slower)) found.worse += 1;
      for (const [at, other] of [same, slower].entries()) {
        if (fixedThreshold(a[0]!.rival, other[0]!.rival)) found.fixed[at]! += 1;
        if (mannWhitney(a[0]!.rival, other[0]!.rival)) found.ranks[at]! += 1;
      }
    }
    const row = (method: string, n: number, aa: number, worse: number) => [
      ...[`${100 * runSd}%`, method, String(n), shareText(aa, simulations), shareText(worse, simulations)],
    ];
    rows.push(row('dten compare, paired', pairs, found.aa, found.worse));
    rows.push(row('fixed 5% threshold', 1, found.fixed[0]!, found.fixed[1]!));
    rows.push(row('Mann–Whitney on seconds', 1, found.ranks[0]!, found.ranks[1]!));
    goals.push({
      goal: `compare, run sd ${100 * runSd}%: A/A false positives ≤ 5%`,
      measured: shareText(found.aa, simulations),
      met: found.aa <= 0.05 * simulations,
    });
    goals.push({
      goal: `compare, run sd ${100 * runSd}%: power ≥ 80% at +10% p99 with the ${pairs} pairs announced`,
      measured: shareText(found.worse, simulations),
      met: found.worse >= 0.8 * simulations,
    });
  }
  printTable(rows);
  return [...goals, ...(await realAlike(options))];
};

interface SimulatedArm {
  profile: RunProfile;
  rival: RivalRun;
}

function simulate(runSd: number, draw: number, pair: number, side: number, factor: number): SimulatedArm {
  const view = simulatedView({
    ...{
      draw,
      seed: pair + 1,
      startedAtMin: pair * 2 + side,
      ratePerSecond,
      seconds,
      runSd,
      factor,
      objectives,
    },
  });
  const profile = profileRun(view, verdictOf('GO'), { dir: `simulated/${draw}` });
  const all = Counts.of(...view.series);
  const secondsP99Ms = view.series.map((one) => Counts.of(one).quantileUs(0.99) / 1000);
  return { profile, rival: { p99Ms: all.quantileUs(0.99) / 1000, secondsP99Ms } };
}

/** Runs are drawn anew for each comparison; the slower side is the same draws times 1.1. */
function armsOf(runSd: number, pairs: number, at: number): [SimulatedArm[], SimulatedArm[], SimulatedArm[]] {
  const arm = (side: number, factor: number) =>
    Array.from({ length: pairs }, (_, i) => simulate(runSd, at * 4096 + i * 2 + side, i, side, factor));
  return [arm(0, 1), arm(1, 1), arm(1, 1 + change)];
}

function makePool(runSd: number, runs: number): SimulatedArm[] {
  return Array.from({ length: runs }, (_, i) => simulate(runSd, 2 ** 30 + i, i, 0, 1));
}

function regressed(a: readonly SimulatedArm[], b: readonly SimulatedArm[]): boolean {
  const profiles = (arms: readonly SimulatedArm[]) => arms.map(({ profile }) => profile);
  return compareRuns(profiles(a), profiles(b), options).verdict === 'regressed';
}

function spreadOf(values: readonly number[]): number {
  const middle = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (values.length - 1));
}
