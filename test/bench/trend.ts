import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as eDivisive from '../../src/compare/e-divisive.js';
import { dten } from '../e2e/support/dten-process.js';
import { plantNights } from '../support/planted-results.js';
import { nightly } from '../unit/compare/noise.js';
import { built } from './built.js';
import { median, printTable, type Bench, type Goal } from './goals.js';

const { eDivisiveDefaults, findChangePoints } = await built<typeof eDivisive>('compare/e-divisive.js');

/** DTEN_BENCH_SERIES: of each kind. DTEN_BENCH_RESULTS: in the folder that is read. */
const seriesOfAKind = Number(process.env.DTEN_BENCH_SERIES ?? 20);
const results = Number(process.env.DTEN_BENCH_RESULTS ?? 10_000);

const spread = 0.04;
const lengths = [30, 60, 100, 200];
const correlations = [0, 0.3, 0.6];
const magnitudes = [0.1, 0.2, 0.4];
/** A change counts as found within so many nights of where it was planted. */
const near = 2;

interface Method {
  name: string;
  find: (values: number[]) => number[];
}

const methods: Method[] = [
  {
    name: 'E-divisive',
    find: (values) => findChangePoints(values, { ...eDivisiveDefaults, name: 'bench' }).map(({ at }) => at),
  },
  ...[0.1, 0.05].map((share) => ({
    name: `${share * 100}% off the 7 before`,
    find: (values: number[]) => beyondThreshold(values, share),
  })),
];

/** The rule that most pipelines have: a night that is so far off the median of the seven before it. */
function beyondThreshold(values: readonly number[], share: number): number[] {
  const found: number[] = [];
  let off = false;
  for (let at = 7; at < values.length; at++) {
    const usual = median(values.slice(at - 7, at));
    const isOff = Math.abs(values[at]! - usual) > share * usual;
    // A level that has changed is told once, not on each of its nights.
    if (isOff && !off) found.push(at);
    off = isOff;
  }
  return found;
}

interface Score {
  planted: number;
  hit: number;
  told: number;
  quiet: number;
  quietWrong: number;
}

/** Precision and recall on planted changes, and how many series without one are said to have one. */
export const run: Bench = async () => {
  console.log(
    `  noise AR(1), ${spread * 100}% spread; ${lengths.join(', ')} nights; changes by ±10, 20, 40%, one or two a series, found within ${near} nights; ${seriesOfAKind} series of each kind`,
  );
  const goals: Goal[] = [];
  for (const phi of correlations) {
    const scores = new Map(methods.map(({ name }) => [name, scoresOf(phi, name)]));
    printTable([
      [
        `φ = ${phi}`,
        'precision',
        ...magnitudes.map((m) => `recall ±${m * 100}%`),
        'told something where nothing is',
      ],
      ...methods.map(({ name }) => {
        const { all, byMagnitude } = scores.get(name)!;
        return [
          name,
          percent(all.hit, all.told),
          ...magnitudes.map((m) => percent(byMagnitude.get(m)!.hit, byMagnitude.get(m)!.planted)),
          `${percent(all.quietWrong, all.quiet)} of ${all.quiet}`,
        ];
      }),
    ]);
    const { all, byMagnitude } = scores.get('E-divisive')!;
    goals.push({
      goal: `trend: at most 5 of 100 series without a change have one (φ = ${phi})`,
      measured: percent(all.quietWrong, all.quiet),
      met: all.quietWrong <= 0.05 * all.quiet,
    });
    if (phi === 0) {
      const large = byMagnitude.get(0.2)!;
      goals.push({
        goal: 'trend: changes of ±20% found, 9 of 10 (φ = 0)',
        measured: percent(large.hit, large.planted),
        met: large.hit >= 0.9 * large.planted,
      });
      goals.push({
        goal: 'trend: 9 of 10 that are told are there (φ = 0)',
        measured: percent(all.hit, all.told),
        met: all.hit >= 0.9 * all.told,
      });
    }
  }
  goals.push(await reading());
  return goals;
};

function scoresOf(phi: number, method: string): { all: Score; byMagnitude: Map<number, Score> } {
  const { find } = methods.find(({ name }) => name === method)!;
  const empty = (): Score => ({ planted: 0, hit: 0, told: 0, quiet: 0, quietWrong: 0 });
  const all = empty();
  const byMagnitude = new Map(magnitudes.map((magnitude) => [magnitude, empty()]));
  for (const length of lengths) {
    for (let i = 0; i < seriesOfAKind; i++) {
      for (const [k, magnitude] of magnitudes.entries()) {
        const seed = length * 10_000 + i * 10 + k;
        const planted = plantedAt(length, i);
        const factor = 1 + (i % 2 === 0 ? magnitude : -magnitude);
        const levels = Object.fromEntries(planted.map((at, nth) => [at, nth === 0 ? factor : 1]));
        const told = find(nightly(seed, length, { spread, phi, levels }));
        const hit = planted.filter((at) => told.some((one) => Math.abs(one - at) <= near)).length;
        for (const score of [all, byMagnitude.get(magnitude)!]) {
          score.planted += planted.length;
          score.hit += hit;
          score.told += told.length;
        }
        all.quiet += 1;
        if (find(nightly(seed + 5, length, { spread, phi })).length > 0) all.quietWrong += 1;
      }
    }
  }
  return { all, byMagnitude };
}

/** At a third to two thirds; every other series of 60 nights and more goes back. */
function plantedAt(length: number, i: number): number[] {
  const at = Math.round(length * (0.35 + 0.3 * ((i * 0.618) % 1)));
  return length >= 60 && i % 4 >= 2 ? [at, at + Math.round(length * 0.25)] : [at];
}

/** The built CLI over a folder of many results: it reads the newest 200, of all of them it lists the names. */
async function reading(): Promise<Goal> {
  const root = mkdtempSync(join(tmpdir(), 'dten-bench-trend-'));
  try {
    const p99 = nightly(1, results, {});
    plantNights(
      root,
      p99.map((p99Ms) => ({ p99Ms })),
    );
    const times: number[] = [];
    for (const last of ['200', String(results)]) {
      const fromMs = performance.now();
      const ended = await dten([
        'trend',
        root,
        '--last',
        last,
        '--measure',
        'latency/create order/upgrade/*',
      ]);
      times.push((performance.now() - fromMs) / 1000);
      if (ended.code !== 0) console.log(`  exit ${ended.code}: ${ended.stderr.slice(0, 500)}`);
    }
    const [newest = 0, whole = 0] = times;
    console.log(
      `  ${results} results of 17 kB: the newest 200 in ${newest.toFixed(1)} s, all in ${whole.toFixed(1)} s`,
    );
    return {
      goal: `trend: over ${results} results in ≤ 5 s`,
      measured: `${newest.toFixed(1)} s`,
      met: newest <= 5,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function percent(n: number, all: number): string {
  return all === 0 ? '–' : `${((100 * n) / all).toFixed(1)}%`;
}
