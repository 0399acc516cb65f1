import type { Database } from '../../model/contracts.js';
import { parseSql } from '../../sql/grammar.js';
import { readOnly } from './read-only.js';
import type { Documents, Source, SourceSetting } from './source.js';

const mostRows = 200_000;

/** One SELECT in a READ ONLY transaction; each row is an item. */
export function sqlSource({ sql, role }: { sql: string; role?: string | undefined }): Source {
  return { defaults: { select: '$[*]' }, read: (setting) => readSql(sql, role, setting) };
}

async function readSql(sql: string, role: string | undefined, setting: SourceSetting): Promise<Documents> {
  const { database } = setting;
  if (!database) return { documents: [], problem: 'there is no database' };
  const parsed = await parseSql(sql);
  // Postgres would run `select 1; commit; drop table …` as three statements, the last outside of READ ONLY.
  if (!Array.isArray(parsed) || parsed.length !== 1 || parsed[0]?.node !== 'SelectStmt') {
    return { documents: [], problem: 'it is not one SELECT' };
  }
  return readRows(database, sql, role ?? 'owner', setting);
}

/** Through a cursor: a table that is larger than the memory is told, not read. */
async function readRows(
  database: Database,
  sql: string,
  role: string,
  { probe, timeoutMs, signal }: SourceSetting,
): Promise<Documents> {
  const statement = sql.trim().replace(/;\s*$/, '');
  return readOnly(database, { name: `probe ${probe}`, role, timeoutMs, signal }, async (query, session) => {
    await session.query('set search_path to default');
    await query('begin transaction isolation level repeatable read read only');
    await query(`declare dten_probe no scroll cursor for ${statement}`);
    const { rows } = await query(`fetch ${mostRows + 1} from dten_probe`);
    await query('rollback');
    // As JSON has it: timestamps as ISO texts, bigint and numeric as the texts they come as.
    const document = JSON.parse(JSON.stringify(rows.slice(0, mostRows))) as unknown;
    if (rows.length <= mostRows) return { documents: [document] };
    return { documents: [document], problem: `there are more than ${mostRows} rows` };
  });
}
