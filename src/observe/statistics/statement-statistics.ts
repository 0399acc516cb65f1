import type { StatementCounts } from '../../model/observation.js';
import type { ServerSession } from '../server-session.js';

/** Those that took the most time since the server counts: what a second costs is bounded, in the file and in the server. */
const followed = 200;
/** Of a text; enough to know it again. */
const longestText = 2_000;

interface Counters {
  calls: number;
  ms: number;
  blocks: number;
  rows: number;
}

/**
 * What each statement of the rehearsed database cost since the last sample, from pg_stat_statements. The texts lie in
 * a file of the server, which is read only when there are new ones.
 */
export class StatementStatistics {
  private before: Map<string, Counters> | undefined;
  private full = false;
  private readonly told = new Set<string>();
  private queries: { counts: string; texts: string } | undefined;

  constructor(
    private readonly session: ServerSession,
    private readonly databaseName: string,
  ) {}

  /** The first sample only says where the counters stood. Rejects where there is no such view, or others' are hidden. */
  async sample(): Promise<StatementCounts[]> {
    this.queries ??= await queriesOf(this.session);
    const { rows } = await this.session.query(this.queries.counts, [this.databaseName, followed]);
    if (rows.some(({ id }) => id === null)) {
      throw new Error('other roles’ statements are hidden: grant pg_read_all_stats');
    }
    const now = new Map(rows.map((row) => [String(row.id), countersOf(row)]));
    const { before, full } = this;
    const counts = before ? differences(before, now, full) : [];
    const texts = await this.textsOf(counts.map(({ id }) => id).filter((id) => !this.told.has(id)));
    // Only what has got here is known: a sample that failed is made up for by the next.
    this.before = now;
    this.full = rows.length >= followed;
    for (const id of texts.keys()) this.told.add(id);
    return counts.map((one) => ({ ...one, ...(texts.has(one.id) && { text: texts.get(one.id) }) }));
  }

  private async textsOf(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0 || !this.queries) return new Map();
    const { rows } = await this.session.query(this.queries.texts, [this.databaseName, ids]);
    return new Map(rows.map((row) => [String(row.id), String(row.text).slice(0, longestText)]));
  }
}

/** Since Postgres 13 (1.8) the time is called total_exec_time; 1.9 marks what a function ran. */
async function queriesOf(session: ServerSession): Promise<{ counts: string; texts: string }> {
  const { rows } = await session.query(
    `select quote_ident(nspname) as schema, extversion as version
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace where extname = 'pg_stat_statements'`,
  );
  const [found] = rows;
  if (!found) {
    throw new Error(
      'pg_stat_statements is not there: add it to shared_preload_libraries, and create extension pg_stat_statements',
    );
  }
  const [major = 1, minor = 0] = String(found.version).split('.').map(Number);
  const since = (wanted: number) => major > 1 || minor >= wanted;
  const from = (texts: boolean) =>
    `${String(found.schema)}.pg_stat_statements(${texts})
     where dbid = (select oid from pg_database where datname = $1) ${since(9) ? 'and toplevel' : ''}`;
  return {
    counts: `
select queryid::text as id, sum(calls)::float8 as calls, sum(${since(8) ? 'total_exec_time' : 'total_time'}) as ms,
       sum(shared_blks_hit + shared_blks_read + local_blks_hit + local_blks_read + temp_blks_read)::float8 as blocks,
       sum(rows)::float8 as rows
from ${from(false)} group by 1 order by 3 desc limit $2`,
    texts: `
select queryid::text as id, min(query) as text from ${from(true)} and queryid::text = any ($2) group by 1`,
  };
}

function countersOf(row: Record<string, unknown>): Counters {
  const { calls, ms, blocks, rows } = row;
  return { calls: Number(calls), ms: Number(ms), blocks: Number(blocks), rows: Number(rows) };
}

/** What was not in a list that was full may have been counted before, unseen. Counters that fell were reset. */
function differences(
  before: ReadonlyMap<string, Counters>,
  now: ReadonlyMap<string, Counters>,
  full: boolean,
): StatementCounts[] {
  return [...now].flatMap(([id, counters]): StatementCounts[] => {
    const known = before.get(id);
    if (!known && full) return [];
    const was = known && known.calls <= counters.calls ? known : { calls: 0, ms: 0, blocks: 0, rows: 0 };
    const calls = counters.calls - was.calls;
    if (calls === 0) return [];
    return [
      {
        id,
        calls,
        ms: counters.ms - was.ms,
        blocks: counters.blocks - was.blocks,
        rows: counters.rows - was.rows,
      },
    ];
  });
}
