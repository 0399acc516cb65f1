import type { PgSession } from '../../../src/model/contracts.js';
import type { StatementTrace, TraceReport } from '../../../src/model/observation.js';
import type { Side } from '../../../src/model/plan.js';
import { splitSql } from '../../../src/sql/split.js';
import { withParts } from '../../../src/steps/statement-parts.js';
import { onHazardSchema } from './hazard-run.js';
import type { HazardCase } from './hazard-table.js';

export interface TracedScript {
  report: TraceReport;
  /** Columns, constraints, indexes and triggers of the user's tables afterwards. */
  schema: string[];
  /** Of t's rows, without what a twin keeps of the old column; undefined where t is gone. */
  data: string | undefined;
  failure: string | undefined;
}

/** Traces a script on the hazard schema, in a database of its own, and explains nothing: that is the verdict's. */
export async function traceScript(
  url: string,
  database: string,
  hazard: Pick<HazardCase, 'setup' | 'holder' | 'transaction'>,
  sql: string,
  options: { side?: Side; cutShort?: HazardCase } = {},
): Promise<TracedScript> {
  const { side, cutShort: cut } = options;
  return onHazardSchema(
    url,
    database,
    hazard,
    sql,
    async ({ observer, traced }) => {
      const lost: string[] = [];
      const withThem = await withParts(observer, traced.statements, (what) => void lost.push(what));
      if (lost.length > 0) throw new Error(lost.join('\n'));
      return {
        report: {
          state: 'complete',
          statements: withThem,
          added: { columns: [], constraints: [], enumLabels: [] },
          tables: {},
        },
        schema: await schemaOf(observer),
        data: await dataOf(observer),
        failure: traced.failure && `${traced.failure.outcome.message} in ${traced.failure.statement.text}`,
      };
    },
    { ...(side && { side }), ...(cut && { before: (migrator, holder) => cutShort(migrator, holder, cut) }) },
  );
}

/** Leaves behind what the case leaves when it fails behind its holder. */
async function cutShort(migrator: PgSession, holder: PgSession, hazard: HazardCase): Promise<void> {
  const { statements } = await splitSql(hazard.sql, { file: 'hazard.sql' });
  await holder.query('begin');
  if (hazard.holder) await holder.query(hazard.holder);
  for (const { text } of statements) await migrator.query(text).catch(() => undefined);
  await holder.query('rollback');
  await migrator.query('reset all');
}

/** As Postgres prints it, sorted: the order of columns is a matter of its own. */
async function schemaOf(session: PgSession): Promise<string[]> {
  const { rows } = await session.query(`
    select format('column %s.%s %s %s %s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
                  a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid)) as line
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
    union all
    select format('constraint %s %s %s', k.conrelid::regclass, pg_get_constraintdef(k.oid), k.convalidated)
      from pg_constraint k where k.connamespace = 'public'::regnamespace and k.contype <> 't'
    union all
    select format('index %s %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
      from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = 'public'::regnamespace
    union all
    select format('partition %s of %s %s', i.inhrelid::regclass, i.inhparent::regclass, i.inhdetachpending) from pg_inherits i
      join pg_class c on c.oid = i.inhrelid where c.relkind = 'r'
    order by 1`);
  return rows.map((row) => String(row.line));
}

async function dataOf(session: PgSession): Promise<string | undefined> {
  const there = await session.query("select to_regclass('t') as t");
  if (there.rows[0]?.t === null) return undefined;
  const { rows } = await session.query(
    "select md5(string_agg((to_jsonb(t) - array['at', 'name_old', 'note_old', 'p_id_old', 'amount_old', 'at_old'])::text, ',' order by id)) as sum from t",
  );
  return String(rows[0]?.sum);
}

/** What of a trace keeps users out for as long as it works: a scan or rewrite under a lock that blocks reads or writes. */
export function longLocks(statements: readonly StatementTrace[]): string[] {
  const blocking = ['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'];
  return statements.flatMap((traced) => {
    const held = traced.locks.filter(({ created, mode }) => !created && blocking.includes(mode));
    const work = [...traced.rewrites, ...traced.scans.map(({ kind, relation }) => `${kind} ${relation}`)];
    return held.length > 0 && work.length > 0
      ? [
          `${traced.statement}: ${held.map(({ relation, mode }) => `${mode} on ${relation}`).join(', ')} during ${work.join(', ')}`,
        ]
      : [];
  });
}
