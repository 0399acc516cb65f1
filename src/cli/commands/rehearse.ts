import type { CommandModule } from 'yargs';
import { InputError, describePlan, loadScenario, planRehearsals, sweepLeftovers } from '../../index.js';
import { readPlanFlags, type PlanFlagTexts } from '../flag-units.js';
import { checkOutputs } from '../output-files.js';
import { reportOptions, type ReportArgs } from '../print-report.js';
import { rehearsePlans } from '../rehearse-plans.js';
import { repeatAgainst } from '../repeat-against.js';
import { readServerFlags, serverOptions, type ServerFlags } from '../server-flags.js';

interface Args extends ReportArgs, PlanFlagTexts, ServerFlags {
  scenario: string;
  rollback?: 'steps' | 'snapshot' | 'both';
  results: string;
  dryRun: boolean;
  /** A port, or empty: any that is free. */
  live?: string;
  repeat?: string;
  against?: string;
  html?: string;
}

const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;

export const rehearseCommand: CommandModule<object, Args> = {
  command: 'rehearse <scenario>',
  describe: 'stand the system up, drive traffic, run the upgrade and its rollback, and judge',
  builder: (y) =>
    reportOptions(
      y
        .positional('scenario', {
          type: 'string',
          demandOption: true,
          describe: 'scenario file or its folder',
        })
        .option('seed', text('of the traffic schedule and the generated data'))
        .option('rate', text('instead of traffic.rate, e.g. 400/s'))
        .option('warmup', text('instead of timeline.warmup'))
        .option('baseline', text('instead of timeline.baseline'))
        .option('soak', text('instead of timeline.soak'))
        .option('recovery', text('instead of timeline.recovery'))
        .option('rollback', {
          choices: ['steps', 'snapshot', 'both'] as const,
          describe: 'instead of rollback.strategy; both: two rehearsals, compared',
        })
        .option('results', { ...text('folder for results'), default: 'results' })
        .option('live', {
          type: 'string',
          describe: 'let it be watched in a web browser, on this port or any that is free',
        })
        .options(serverOptions)
        .option('against', text('result whose plan is rehearsed in turn with this one, and compared'))
        .option('html', text('with --against: write the comparison as one HTML file'))
        .option('repeat', text('pairs of rehearsals with --against (default 8)'))
        .option('dry-run', { type: 'boolean', default: false, describe: 'print the plan and stop' }),
    ) as never,
  async handler(args) {
    const flags = readPlanFlags(args);
    await checkOutputs(args);
    const access = args.live === undefined ? undefined : await readServerFlags(args, args.live);
    const pairs = readPairs(args);
    const plans = await planRehearsals(await loadScenario(args.scenario), {
      ...flags,
      ...(args.rollback && { rollback: args.rollback }),
    });
    if (args.dryRun) {
      const shown = args.json
        ? JSON.stringify(plans.length === 1 ? plans[0] : plans, null, 2)
        : plans.map((plan) => describePlan(plan)).join('\n\n');
      process.stdout.write(`${shown}\n`);
      return;
    }
    for (const line of await sweepLeftovers())
      process.stderr.write(`left by an earlier run, removed: ${line}\n`);
    const [first] = plans;
    process.exitCode =
      args.against !== undefined && first
        ? await repeatAgainst(first, { ...args, against: args.against, repeat: pairs })
        : await rehearsePlans(plans, args, access);
  },
};

const usualPairs = 8;

/** @throws InputError for --repeat without --against, and for what is no number of pairs or of one rehearsal only. */
function readPairs(args: Args): number {
  const { repeat, against, html } = args;
  const wrong = (message: string, hint: string, file = '--repeat') =>
    new InputError([{ file, message, hint }]);
  const ofOne = (['junit', 'sarif', 'gitlab', 'live'] as const).filter((flag) => args[flag] !== undefined);
  if (against !== undefined && ofOne.length > 0) {
    throw new InputError(
      ofOne.map((flag) => ({
        file: `--${flag}`,
        message: 'is of one rehearsal, and --against makes many',
        hint: 'leave it out, or use --markdown',
      })),
    );
  }
  if (against === undefined && html !== undefined) {
    throw wrong(
      'is of a comparison: needs --against',
      'a rehearsal leaves its report.html in its result folder',
      '--html',
    );
  }
  if (repeat === undefined) return usualPairs;
  if (against === undefined) {
    throw wrong('needs --against', 'for example --repeat 8 --against results/orders/20261122T101500Z-a1b2c3');
  }
  if (!/^[1-9]\d{0,2}$/.test(repeat)) {
    throw wrong(`expected a number of pairs, got ${JSON.stringify(repeat)}`, 'for example --repeat 8');
  }
  return Number(repeat);
}
