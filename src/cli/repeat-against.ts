import {
  InputError,
  compareRuns,
  exitCodes,
  judge,
  profileRun,
  readResult,
  rehearse,
  type CompareOptions,
  type ExitCode,
  type RunPlan,
  type RunProfile,
} from '../index.js';
import { abortOnSignals } from './abort-on-signals.js';
import { comparisonExitCode, printComparison, type ComparisonOutputs } from './print-comparison.js';
import { reportFailure } from './report-failure.js';
import { showProgress } from './show-progress.js';

export interface RepeatArgs extends ComparisonOutputs {
  results: string;
  /** Pairs of rehearsals. */
  repeat: number;
  /** Result whose plan is the baseline. */
  against: string;
}

const usual: CompareOptions = {
  ...{ margin: 0.1, detect: 0.1, gates: [], variance: undefined, includeInvalid: false, seed: 1 },
};

/**
 * Rehearses the plan that a result was made with and the present one in turn, ABBA, so that what drifts on the machine
 * meets both alike; the two of a pair have one seed. Then they are compared. What a plan only names (data files, the
 * services' own code) is as it is on disk now, for both.
 */
export async function repeatAgainst(present: RunPlan, args: RepeatArgs): Promise<ExitCode> {
  const { plan: baseline } = await readResult(args.against);
  if (baseline.name !== present.name) {
    const message = `is a rehearsal of ${baseline.name}, and ${present.name} is to be rehearsed`;
    throw new InputError([{ file: args.against, message, hint: 'name a result of the same scenario' }]);
  }
  const say: { line: (line: string) => void } = { line: (line) => process.stderr.write(`${line}\n`) };
  const signals = abortOnSignals(
    (line) => say.line(line),
    (error) => void reportFailure(error, { write: (line) => say.line(line.trimEnd()) }),
  );
  const done: Record<'baseline' | 'candidate', RunProfile[]> = { baseline: [], candidate: [] };
  try {
    for (const [at, { side, seed }] of turns(args.repeat, present.seed).entries()) {
      process.stderr.write(`rehearsal ${at + 1} of ${2 * args.repeat}: ${side}, seed ${seed}\n`);
      const plan = withSeed(side === 'baseline' ? baseline : present, seed);
      const progress = showProgress(plan, args.quiet ? 'off' : process.stderr.isTTY ? 'live' : 'lines');
      say.line = (line) => progress.say(line);
      const one = await rehearse(plan, {
        resultsRoot: args.results,
        signal: signals.signal,
        watcher: progress.watcher,
      }).finally(() => progress.stop());
      if (one.error !== undefined) return reportFailure(one.error, process.stderr);
      if (signals.broke()) return exitCodes.broken;
      if (one.result.ended !== 'complete') return exitCodes.interrupted;
      process.stderr.write(`${one.result.verdict.verdict}: ${one.dir}\n`);
      done[side].push(profileRun(one.view, judge(one.view), { dir: one.dir }));
    }
  } finally {
    signals.stop();
  }
  const comparison = compareRuns(done.baseline, done.candidate, usual);
  await printComparison(comparison, args);
  return comparisonExitCode(comparison, false);
}

/** ABBA ABBA …: pair by pair the other side goes first. */
export function turns(pairs: number, seed: number): { side: 'baseline' | 'candidate'; seed: number }[] {
  return Array.from({ length: pairs }, (_, pair) => {
    const first = { side: 'baseline' as const, seed: (seed + pair) % 2 ** 32 };
    const second = { ...first, side: 'candidate' as const };
    return pair % 2 === 0 ? [first, second] : [second, first];
  }).flat();
}

function withSeed(plan: RunPlan, seed: number): RunPlan {
  return { ...plan, seed, scenario: { ...plan.scenario, seed } };
}
