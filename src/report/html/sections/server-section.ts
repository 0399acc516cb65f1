import { formatCount, formatMs } from '../../../foundation/units.js';
import type { ServerSample, StatementCounts } from '../../../model/observation.js';
import type { PageSection } from '../../../model/page-data.js';
import type { PhaseSpan, ResultView } from '../../../model/result.js';
import { oneLine } from '../../plain-text.js';
import { code, figure, line, row, section } from './section-parts.js';

const mostStatements = 25;

/** What Postgres counted: checkpoints, autovacuums, and the statements that took the most time. */
export function serverSection({ server, phases, plan }: ResultView): PageSection {
  const parts = {
    id: 'server',
    title: 'Server statistics',
    about: 'Sampled once a second from outside the rehearsed database.',
    collapsed: true,
  };
  if (server.length === 0) {
    const why =
      plan.scenario.environment.database === undefined
        ? 'Not recorded: the scenario names no database.'
        : 'Not recorded: no sample of the server was written.';
    return section({ ...parts, lines: [line(why, 'unknown')] });
  }
  const statements = statementRows(server, phases);
  return section({
    ...parts,
    lines: [line(`${formatCount(server.length)} samples.`), line(checkpoints(server))],
    tables:
      statements.length === 0
        ? []
        : [
            {
              caption: 'Statements that took the most time',
              columns: [
                code('statement', 'Constants as $n (pg_stat_statements).'),
                figure('calls', 'That ended in the run.'),
                figure('time in all', 'Executing; waits for rows are in it, waits for relations are not.'),
                figure('a call', 'Time in all ÷ calls.'),
                figure('in the baseline', 'Time a call before the upgrade.'),
                figure('blocks a call', 'Read from the cache or the disk.'),
              ],
              rows: statements,
              notes: [],
            },
          ],
  });
}

function checkpoints(server: readonly ServerSample[]): string {
  const grown = (of: (sample: ServerSample) => number | null) => {
    const known = server.map(of).filter((value) => value !== null);
    const [first] = known;
    const last = known.at(-1);
    return first === undefined || last === undefined ? undefined : last - first;
  };
  const timed = grown(({ checkpointsTimed }) => checkpointsTimed);
  const requested = grown(({ checkpointsRequested }) => checkpointsRequested);
  if (timed === undefined || requested === undefined) return 'Checkpoints: not recorded.';
  return `Checkpoints while it was sampled: ${timed} timed, ${requested} requested.`;
}

interface Sum {
  text: string;
  calls: number;
  ms: number;
  blocks: number;
  baseCalls: number;
  baseMs: number;
}

function statementRows(server: readonly ServerSample[], phases: readonly PhaseSpan[]) {
  const baseline = phases.find(({ phase }) => phase === 'baseline');
  const sums = new Map<string, Sum>();
  for (const { atUs, statements = [] } of server) {
    const inBaseline = baseline !== undefined && atUs > baseline.fromUs && atUs <= baseline.toUs;
    for (const one of statements) addTo(sums, one, inBaseline);
  }
  return [...sums.values()]
    .sort((a, b) => b.ms - a.ms)
    .slice(0, mostStatements)
    .map(({ text, calls, ms, blocks, baseCalls, baseMs }) =>
      row([
        text === '' ? 'text not recorded' : oneLine(text),
        formatCount(calls),
        formatMs(ms),
        calls > 0 ? formatMs(ms / calls) : '–',
        baseCalls > 0 ? formatMs(baseMs / baseCalls) : 'not called',
        calls > 0 ? formatCount(blocks / calls) : '–',
      ]),
    );
}

function addTo(
  sums: Map<string, Sum>,
  { id, text, calls, ms, blocks }: StatementCounts,
  inBaseline: boolean,
) {
  let sum = sums.get(id);
  if (!sum) sums.set(id, (sum = { text: '', calls: 0, ms: 0, blocks: 0, baseCalls: 0, baseMs: 0 }));
  if (text !== undefined) sum.text = text;
  sum.calls += calls;
  sum.ms += ms;
  sum.blocks += blocks;
  if (inBaseline) {
    sum.baseCalls += calls;
    sum.baseMs += ms;
  }
}
