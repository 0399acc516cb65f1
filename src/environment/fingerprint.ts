import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import type { Fingerprint } from '../model/result.js';
import type { RehearsedDatabase } from './database/rehearsed-database.js';

/** Settings always worth having beside a result, changed or not. */
const alwaysShown = [
  'autovacuum',
  'autovacuum_naptime',
  'checkpoint_timeout',
  'deadlock_timeout',
  'fsync',
  'full_page_writes',
  'lock_timeout',
  'maintenance_work_mem',
  'max_connections',
  'max_wal_size',
  'shared_buffers',
  'statement_timeout',
  'synchronous_commit',
  'wal_level',
  'work_mem',
];

const settingsSql = `
  select name, current_setting(name) as value from pg_settings
   where (name = any($1) or source in ('configuration file', 'command line', 'database', 'environment variable'))
     and name not in ('data_directory', 'config_file', 'hba_file', 'ident_file', 'port')
   order by name`;

const tablesSql = `
  select case n.nspname when 'public' then c.relname else n.nspname || '.' || c.relname end as name,
         pg_total_relation_size(c.oid) as bytes, greatest(c.reltuples, 0)::bigint as rows
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   order by 1`;

/** Versions, machine, settings and table sizes: what must be alike for two results to be compared. */
export async function fingerprint(database: RehearsedDatabase | undefined): Promise<Fingerprint> {
  const processors = cpus();
  const base: Fingerprint = {
    dten: await ownVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpus: processors.length,
    cpuModel: processors[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    provide: database?.server.provide ?? 'none',
    postgres: null,
    settings: {},
    tables: {},
  };
  if (!database) return base;
  await using session = await database.connect({
    consumer: { kind: 'observer', name: 'fingerprint' },
    role: 'owner',
  });
  const version = await session.query("select current_setting('server_version') as version");
  const settings = await session.query(settingsSql, [alwaysShown]);
  const tables = await session.query(tablesSql);
  return {
    ...base,
    postgres: String(version.rows[0]?.version),
    settings: Object.fromEntries(settings.rows.map((row) => [String(row.name), String(row.value)])),
    tables: Object.fromEntries(
      tables.rows.map((row) => [String(row.name), { bytes: Number(row.bytes), rows: Number(row.rows) }]),
    ),
  };
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { version?: string }).version ?? 'unknown';
}
