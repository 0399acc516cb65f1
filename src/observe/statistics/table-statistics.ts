import type { ServerSample } from '../../model/observation.js';
import type { ServerSession } from '../server-session.js';
import { numberOf } from './database-sample.js';

export type TableSample = Pick<ServerSample, 'deadTuples' | 'autovacuums' | 'tableActivity'>;

/** Above this many tables, only the busiest and those that became busy since are sampled a second. */
const everyTableUpTo = 1_000;
const busiest = 300;
/** How often all tables are looked through, in samples, where not every table is sampled. */
const lookThroughEvery = 5;

/**
 * The functions below pg_stat_user_tables, for a list of tables: 300 of 5 000 take 10 ms, all of them 100 ms. They
 * take no lock on the table, so a table under AccessExclusiveLock is read too.
 */
const activity = `(pg_stat_get_numscans(c.oid) + pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid)
  + pg_stat_get_tuples_deleted(c.oid)
  + coalesce((select sum(pg_stat_get_numscans(i.indexrelid)) from pg_index i where i.indrelid = c.oid), 0))`;
const tablesQuery = `
select c.oid::text, n.nspname || '.' || c.relname as name, ${activity}::text as activity,
       pg_stat_get_dead_tuples(c.oid)::text as dead, pg_stat_get_autovacuum_count(c.oid)::text as autovacuums
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
  and n.nspname !~ '^pg_toast' and ($1::oid[] is null or c.oid = any ($1))`;

/** Per-table statistics of the rehearsed database. Tables are named `schema.table`. */
export class TableStatistics {
  private chosen: Set<string> | undefined;
  /** Activity when first seen, by oid. */
  private readonly first = new Map<string, number>();
  private samples = 0;

  constructor(
    private readonly session: ServerSession,
    /** Called once with the number of tables when not all of them are sampled. */
    private readonly capped: (tables: number) => void,
  ) {}

  async sample(): Promise<TableSample> {
    const all = this.chosen === undefined || this.samples % lookThroughEvery === 0;
    this.samples += 1;
    const { rows } = await this.session.query(tablesQuery, [all ? null : [...(this.chosen ?? [])]]);
    if (all) this.choose(rows);
    const sample: TableSample = { deadTuples: {}, autovacuums: {}, tableActivity: {} };
    for (const row of rows) {
      if (this.chosen && !this.chosen.has(String(row.oid))) continue;
      const name = String(row.name);
      sample.tableActivity[name] = numberOf(row.activity) ?? 0;
      sample.deadTuples[name] = numberOf(row.dead) ?? 0;
      sample.autovacuums[name] = numberOf(row.autovacuums) ?? 0;
    }
    return sample;
  }

  private choose(rows: readonly Record<string, unknown>[]): void {
    if (this.chosen === undefined && rows.length <= everyTableUpTo) return;
    if (this.chosen === undefined) {
      this.capped(rows.length);
      const byActivity = rows.toSorted((a, b) => Number(b.activity) - Number(a.activity));
      this.chosen = new Set(byActivity.slice(0, busiest).map((row) => String(row.oid)));
    }
    for (const row of rows) {
      const oid = String(row.oid);
      const now = Number(row.activity);
      const before = this.first.get(oid);
      if (before === undefined) this.first.set(oid, now);
      else if (now > before) this.chosen.add(oid);
    }
  }
}
