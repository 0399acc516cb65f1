import type { CommandModule } from 'yargs';
import {
  InputError,
  exitCodes,
  renderTrend,
  trendOf,
  type ExitCode,
  type InputProblem,
  type Trend,
} from '../../index.js';
import { suggest } from '../../foundation/nearest-name.js';
import { parseRatio } from '../../foundation/units.js';
import { usesColor } from '../print-report.js';
import { readTrend } from '../read-trend.js';

interface Args {
  scenario: string;
  results: string;
  last: string;
  since?: string;
  measure?: string;
  magnitude: string;
  failOnChange: boolean;
  any: boolean;
  json: boolean;
}

const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;

export const trendCommand: CommandModule<object, Args> = {
  command: 'trend <scenario>',
  describe: 'the rehearsals of a scenario in a row, measure by measure, and where they changed',
  builder: (y) =>
    y
      .positional('scenario', {
        type: 'string',
        demandOption: true,
        describe: 'folder of results, or a scenario (its name, file or folder)',
      })
      .option('results', { ...text('folder for results'), default: 'results' })
      .option('last', { ...text('only the newest N results of each scenario'), default: '200' })
      .option('since', text('only results from this day (UTC) on, e.g. 2026-11-01'))
      .option('measure', text("only measures of such a name, e.g. 'latency/*/p99'"))
      .option('magnitude', { ...text('smallest change of a median that counts'), default: '5%' })
      .option('fail-on-change', {
        type: 'boolean',
        default: false,
        describe: 'exit 1 where a change for the worse still stands',
      })
      .option('any', { type: 'boolean', default: false, describe: 'with --fail-on-change: any change' })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' }) as never,
  async handler(args) {
    const { last, since, magnitude } = readFlags(args);
    const inputs = await readTrend({ scenario: args.scenario, results: args.results, last, since });
    const measures = args.measure === undefined ? [] : [args.measure];
    const trend = trendOf(inputs, { measures, leastMagnitude: magnitude });
    if (args.measure !== undefined && trend.scenarios.every((one) => one.measures.length === 0)) {
      refuseMeasure(args.measure, inputs);
    }
    process.stdout.write(
      args.json
        ? `${JSON.stringify(trend, null, 2)}\n`
        : `${renderTrend(trend, { color: usesColor(process.stdout), width: process.stdout.columns || 110 })}\n`,
    );
    process.exitCode = exitCodeOf(trend, args);
  },
};

/** A change that was asked for, else: not all could be told, else 0. */
function exitCodeOf({ scenarios }: Trend, { failOnChange, any }: Args): ExitCode {
  const changes = scenarios.flatMap(({ measures }) => measures.flatMap((measure) => measure.changes));
  if (failOnChange && changes.some(({ stands }) => any || stands)) return exitCodes.noGo;
  return scenarios.some(({ state }) => state !== 'told') ? exitCodes.invalid : exitCodes.ok;
}

/** @throws InputError with every flag that is not what it should be. */
function readFlags(args: Args): { last: number; since: string | undefined; magnitude: number } {
  const problems: InputProblem[] = [];
  const wrong = (flag: string, expected: string, given: string) =>
    problems.push({ file: `--${flag}`, message: `expected ${expected}, got ${JSON.stringify(given)}` });
  if (!/^[1-9]\d{0,6}$/.test(args.last)) wrong('last', 'a whole number such as 60', args.last);
  const magnitude = parseRatio(args.magnitude);
  if (magnitude === undefined) wrong('magnitude', 'a share such as 5%', args.magnitude);
  const since = args.since === undefined ? undefined : folderStart(args.since);
  if (args.since !== undefined && since === undefined) wrong('since', 'a day such as 2026-11-01', args.since);
  if (args.any && !args.failOnChange) {
    problems.push({ file: '--any', message: 'means nothing without --fail-on-change' });
  }
  if (problems.length > 0) throw new InputError(problems);
  return { last: Number(args.last), since, magnitude: magnitude ?? 0 };
}

/** `20261101T000000Z`, as result folders begin, of a day or an instant in ISO 8601. */
function folderStart(day: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z?)?$/.test(day)) return undefined;
  const time = new Date(day.length === 10 || day.endsWith('Z') ? day : `${day}Z`);
  if (Number.isNaN(time.getTime())) return undefined;
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

/** @throws InputError */
function refuseMeasure(glob: string, inputs: Awaited<ReturnType<typeof readTrend>>): void {
  const known = new Set(inputs.flatMap(({ runs }) => runs.flatMap((run) => [...run.measures.keys()])));
  if (known.size === 0) return;
  throw new InputError([
    {
      file: '--measure',
      message: `no measure matches ${JSON.stringify(glob)}`,
      hint: suggest(glob, [...known], 'measures'),
    },
  ]);
}
