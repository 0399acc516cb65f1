import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict, VerdictReport } from '../../src/model/verdict.js';
import { dten } from '../e2e/support/dten-process.js';
import { startTestPostgres } from '../support/postgres.js';
import { printTable, type Goal } from './goals.js';
import { leftOut, verdictCases, type VerdictCase } from './verdict-cases.js';
import { groupsOf } from './verdict-groups.js';
import { verdictsOf, type CaseVerdict } from './verdict-of-case.js';
import { estimateMs, writeScenario, type Group, type Side } from './verdict-scenario.js';

/** DTEN_BENCH_RERUNS=1: fewer; DTEN_BENCH_CASES="2 ,14 ,28": only cases whose names begin so. */
const reruns = Number(process.env.DTEN_BENCH_RERUNS ?? 10);
const only = process.env.DTEN_BENCH_CASES?.split(',');

const verdicts: readonly Verdict[] = ['GO', 'NO-GO', 'INVALID'];
const mostSafeFailed = 0.01;

interface Tally {
  name: string;
  side: Side;
  /** One a rerun. */
  verdicts: Verdict[];
}

/**
 * The confusion matrix: each hazard of the table, and its safe twin as dten makes it, rehearsed with the built CLI
 * under the same traffic, behind the same holder, at the same production size and objectives, again and again with
 * other seeds.
 */
export async function run(): Promise<Goal[]> {
  const cases = await chosenCases();
  const groups = groupsOf(cases);
  const estimate = groups.reduce((sum, group) => sum + estimateMs(group), 0) * reruns;
  console.log(
    `${cases.length} cases, ${reruns} reruns of ${groups.length} rehearsals, about ${Math.ceil(estimate / 60_000)} min`,
  );
  for (const reason of leftOut) console.log(`  left out: ${reason}`);

  const tallies = new Map<string, Tally>();
  const whole: Verdict[] = [];
  const startedMs = performance.now();
  for (let rerun = 1; rerun <= reruns; rerun++) {
    for (const group of groups) {
      const fromMs = performance.now();
      const { verdict, cases: told } = await rehearse(group, rerun);
      if (group.side === 'safe') whole.push(verdict);
      for (const one of told) count(tallies, group.side, one);
      const seconds = ((performance.now() - fromMs) / 1000).toFixed(0);
      const counts = countsOf(told.map((one) => one.verdict));
      console.log(`  rerun ${rerun}, ${group.side}, ${told.length} cases: ${counts} (${seconds} s)`);
      tellWrong(group.side, told);
    }
  }
  console.log(`  took ${((performance.now() - startedMs) / 60_000).toFixed(1)} min`);
  return report([...tallies.values()], whole);
}

async function chosenCases(): Promise<VerdictCase[]> {
  const postgres = await startTestPostgres();
  try {
    const all = await verdictCases(postgres.url);
    return only ? all.filter(({ name }) => only.some((start) => name.startsWith(start))) : all;
  } finally {
    await postgres.stop();
  }
}

async function rehearse(group: Group, seed: number): Promise<{ verdict: Verdict; cases: CaseVerdict[] }> {
  const folder = writeScenario(group, seed);
  const ended = await dten(['rehearse', folder, '--results', join(folder, 'results'), '--json']);
  const report = ended.stdout.startsWith('{') ? (JSON.parse(ended.stdout) as VerdictReport) : undefined;
  if (!report) {
    console.log(`  exit ${ended.code}: ${ended.stderr.slice(-2_000)}`);
    throw new Error(`the rehearsal in ${folder} gave no report`);
  }
  const cases = verdictsOf(group, report);
  if (cases.every(({ verdict }) => verdict === expected(group.side))) {
    rmSync(folder, { recursive: true, force: true });
  } else console.log(`  kept: ${folder}`);
  return { verdict: report.verdict, cases };
}

const expected = (side: Side): Verdict => (side === 'safe' ? 'GO' : 'NO-GO');

function count(tallies: Map<string, Tally>, side: Side, { name, verdict }: CaseVerdict): void {
  const key = `${side} ${name}`;
  const tally = tallies.get(key) ?? { name, side, verdicts: [] };
  tally.verdicts.push(verdict);
  tallies.set(key, tally);
}

function tellWrong(side: Side, told: readonly CaseVerdict[]): void {
  for (const { name, verdict, because } of told) {
    if (verdict === expected(side)) continue;
    console.log(`    ${side} ${name}: ${verdict}${because.length > 0 ? '' : ', nothing found against it'}`);
    for (const why of because.slice(0, 3)) console.log(`      ${why}`);
  }
}

function report(tallies: readonly Tally[], whole: readonly Verdict[]): Goal[] {
  const of = (side: Side) => tallies.filter((tally) => tally.side === side);
  printTable([
    ['', ...verdicts, 'of'],
    ...(['unsafe', 'safe'] as const).map((side) => {
      const all = of(side).flatMap((tally) => tally.verdicts);
      return [side, ...verdicts.map((verdict) => String(timesIn(all, verdict))), String(all.length)];
    }),
  ]);
  console.log(`  rehearsals of twins as a whole: ${countsOf(whole)}`);
  const flaky = tallies.filter((tally) => new Set(tally.verdicts).size > 1);
  for (const { side, name, verdicts: all } of flaky)
    console.log(`  flaky: ${side} ${name}: ${countsOf(all)}`);
  const judged = tallies.reduce((sum, tally) => sum + tally.verdicts.length, 0);
  const astray = tallies.reduce((sum, { verdicts: all }) => sum + all.length - timesOfMajority(all), 0);
  const unsafe = of('unsafe').flatMap((tally) => tally.verdicts);
  const safe = of('safe').flatMap((tally) => tally.verdicts);
  const passed = timesIn(unsafe, 'GO');
  const failed = timesIn(safe, 'NO-GO');
  const percent = (n: number, all: number) => `${((100 * n) / Math.max(1, all)).toFixed(1)}%`;
  console.log(
    `  flake rate ${percent(astray, judged)}: ${astray} of ${judged} verdicts differ from their case's majority; INVALID ${timesIn([...unsafe, ...safe], 'INVALID')}`,
  );
  return [
    {
      goal: 'verdicts: no unsafe migration passed',
      measured: `${passed} of ${unsafe.length} GO`,
      met: passed === 0,
    },
    {
      goal: 'verdicts: at most 1 in 100 safe ones failed',
      measured: `${failed} of ${safe.length} NO-GO (${percent(failed, safe.length)})`,
      met: failed <= mostSafeFailed * safe.length,
    },
  ];
}

function timesIn(all: readonly Verdict[], wanted: Verdict): number {
  return all.filter((verdict) => verdict === wanted).length;
}

function timesOfMajority(all: readonly Verdict[]): number {
  return Math.max(...verdicts.map((verdict) => timesIn(all, verdict)));
}

function countsOf(all: readonly Verdict[]): string {
  return verdicts
    .filter((verdict) => timesIn(all, verdict) > 0)
    .map((verdict) => `${timesIn(all, verdict)} ${verdict}`)
    .join(', ');
}
