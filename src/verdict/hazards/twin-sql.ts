/** One statement of a safe twin. */
export interface TwinStatement {
  sql: string;
  /** Its lock is brief, but it queues: it runs under a lock_timeout, and is tried again on 55P03. */
  brief: boolean;
  note?: string;
}

/** What a queued lock may cost everybody behind it: short against what users notice. */
const lockTimeout = '300ms';

export function brief(sql: string, note?: string): TwinStatement {
  return { sql, brief: true, ...(note === undefined ? {} : { note }) };
}

/** Works long, under a lock that blocks neither reads nor writes: a lock_timeout would only leave it half done. */
export function patient(sql: string, note?: string): TwinStatement {
  return { sql, brief: false, ...(note === undefined ? {} : { note }) };
}

/** The script: statements that commit by themselves, and the lock_timeout around those that need one. */
export function twinScript(statements: readonly TwinStatement[]): string {
  const lines: string[] = [];
  let timed: boolean | undefined;
  for (const { sql, brief: isBrief, note } of statements) {
    if (isBrief !== timed) {
      if (isBrief)
        lines.push(`SET lock_timeout = '${lockTimeout}'; -- on 55P03, wait a little and try again`);
      else if (timed !== undefined) lines.push('SET lock_timeout = 0;');
      timed = isBrief;
    }
    if (note !== undefined) lines.push(`-- ${note}`);
    lines.push(sql.endsWith(';') ? sql : `${sql};`);
  }
  return lines.join('\n');
}

/** The last part of a name, without its quotes, for names made from it. */
export function bareName(name: string): string {
  const last = /(?:"(?:[^"]|"")*"|[^."]+)$/.exec(name.trim())?.[0] ?? name;
  return last.startsWith('"') ? last.slice(1, -1).replaceAll('""', '"') : last.toLowerCase();
}

/** A new name from old ones, within Postgres's 63 bytes, quoted where it must be. */
export function madeName(...parts: string[]): string {
  const name = parts.map(bareName).join('_');
  const cut =
    Buffer.byteLength(name) > 63
      ? Array.from(name).slice(0, 40).join('') + '_' + bareName(parts.at(-1) ?? '')
      : name;
  return /^[a-z_][a-z0-9_$]*$/.test(cut) ? cut : `"${cut.replaceAll('"', '""')}"`;
}

/** The same schema as `name`, and `made` in it. */
export function besides(name: string, made: string): string {
  const schema = /^(.*)\.(?:"(?:[^"]|"")*"|[^."]+)$/.exec(name.trim())?.[1];
  return schema === undefined ? made : `${schema}.${made}`;
}

/** SET NOT NULL without a scan under its lock: a validated CHECK proves it (since Postgres 12). */
export function notNull(table: string, column: string): TwinStatement[] {
  const check = madeName(table, column, 'not_null_check');
  return [
    brief(`ALTER TABLE ${table} ADD CONSTRAINT ${check} CHECK (${column} IS NOT NULL) NOT VALID`),
    patient(
      `ALTER TABLE ${table} VALIDATE CONSTRAINT ${check}`,
      'scans, and blocks neither reads nor writes',
    ),
    brief(`ALTER TABLE ${table} ALTER COLUMN ${column} SET NOT NULL`, 'no scan: the CHECK proves it'),
    brief(`ALTER TABLE ${table} DROP CONSTRAINT ${check}`),
  ];
}

const batchRows = 5_000;

/** Where rows are changed by ranges of the primary key. */
export interface Batches {
  table: string;
  /** The statement up to its WHERE. */
  head: string;
  /** The name that the statement gives to the table. */
  alias: string;
  where?: string;
  /** The primary key's only column. */
  key: string;
}

/**
 * The same change, each row once, in batches by primary key with a COMMIT after each: a writer waits for one batch, not
 * for the whole table. To be run outside a transaction block.
 */
export function inBatches({ table, head, alias, where, key }: Batches): string {
  const condition = where === undefined ? '' : `\n      AND (${where})`;
  return [
    'DO $batches$',
    'DECLARE',
    `  reached ${table}.${key}%TYPE;`,
    `  upto ${table}.${key}%TYPE;`,
    'BEGIN',
    '  LOOP',
    `    SELECT b.${key} INTO upto FROM ${table} AS b WHERE reached IS NULL OR b.${key} > reached`,
    `      ORDER BY b.${key} OFFSET ${batchRows - 1} LIMIT 1;`,
    `    ${head}`,
    `      WHERE (reached IS NULL OR ${alias}.${key} > reached) AND (upto IS NULL OR ${alias}.${key} <= upto)${condition};`,
    '    COMMIT;',
    '    EXIT WHEN upto IS NULL;',
    '    reached := upto;',
    '  END LOOP;',
    'END $batches$;',
  ].join('\n');
}

/** Fills a column of a table in batches; undefined where the table has no key of one column. */
export function fill(
  table: string,
  key: readonly string[] | undefined,
  column: string,
  value: string,
): TwinStatement | undefined {
  const only = key?.length === 1 ? key[0] : undefined;
  if (only === undefined) return undefined;
  const batches = inBatches({
    table,
    head: `UPDATE ${table} AS target SET ${column} = ${value}`,
    alias: 'target',
    where: `target.${column} IS NULL`,
    key: only,
  });
  return patient(batches, `fills old rows, ${batchRows} at a time`);
}
