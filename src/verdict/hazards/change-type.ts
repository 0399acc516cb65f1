import { rewrote, type ActionContext, type ExplainAction } from './hazard.js';
import { bareName, besides, brief, inBatches, madeName, patient, type TwinStatement } from './twin-sql.js';

/** Hazards 5–7 and 28: ALTER COLUMN … TYPE. */
export const explainChangeType: ExplainAction = (context) => {
  const { action, table, side, statement } = context;
  const { column, type } = action;
  if (action.kind !== 'AlterColumnType' || column === undefined || type === undefined) return undefined;
  const truncated = statement.outcome.ok ? undefined : statement.outcome.sqlState;
  if (
    side === 'rollback' &&
    (truncated === '22001' || /\b(left|substr|substring|right)\s*\(/i.test(action.using ?? ''))
  ) {
    return narrowing(context, column, type);
  }
  if (!rewrote(context)) {
    return {
      number: 5,
      name: 'a type change that rewrites nothing',
      explanation: `it takes AccessExclusiveLock on ${table} for a moment: every old value is one of ${type} as it is stored`,
      remedy:
        'give it a lock_timeout below what your users notice, and retries: while it waits in the queue, everybody waits behind it',
      twin: [brief(`ALTER TABLE ${table} ${action.text}`)],
      heavy: false,
    };
  }
  const zoned =
    /^timestamp(\s*\(\d+\))?(\s+without\s+time\s+zone)?$|^timestamptz|^timestamp.*with\s+time\s+zone$/i.test(
      type,
    );
  return {
    number: zoned && action.using === undefined ? 7 : 6,
    name:
      zoned && action.using === undefined
        ? 'timestamptz ↔ timestamp outside UTC'
        : 'a type change that rewrites the table',
    explanation:
      `every value of ${column} is stored anew, and every index built anew, under AccessExclusiveLock: nobody reads or writes ${table} until it is done` +
      (zoned
        ? '; in a session whose TimeZone is UTC nothing is rewritten, but the values are then UTC’s'
        : ''),
    remedy:
      'add a column of the new type, keep the two in step by a trigger, fill it in batches, and swap their names',
    twin: byNewColumn(context, column, type),
    heavy: true,
  };
};

function byNewColumn(
  { table, action, parts }: ActionContext,
  column: string,
  type: string,
): TwinStatement[] | undefined {
  const key = parts.key?.length === 1 ? parts.key[0] : undefined;
  if (key === undefined) return undefined;
  const fresh = madeName(column, 'new');
  const value = action.using ?? `${column}::${type}`;
  const sync = madeName(table, column, 'sync');
  const made = besides(table, sync);
  const old = madeName(column, 'old');
  return [
    brief(`ALTER TABLE ${table} ADD COLUMN ${fresh} ${type}`),
    brief(
      `CREATE FUNCTION ${made}() RETURNS trigger LANGUAGE plpgsql AS $sync$\nBEGIN\n  NEW.${fresh} := (SELECT ${value} FROM (SELECT NEW.*) AS target);\n  RETURN NEW;\nEND $sync$`,
    ),
    brief(
      `CREATE TRIGGER ${sync} BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${made}()`,
    ),
    patient(
      inBatches({
        table,
        head: `UPDATE ${table} AS target SET ${fresh} = ${value}`,
        alias: 'target',
        where: `target.${fresh} IS DISTINCT FROM (${value})`,
        key,
      }),
      'fills old rows, 5000 at a time',
    ),
    brief(
      [
        'BEGIN;',
        `DROP TRIGGER ${sync} ON ${table};`,
        `ALTER TABLE ${table} RENAME COLUMN ${column} TO ${old};`,
        `ALTER TABLE ${table} RENAME COLUMN ${fresh} TO ${column};`,
        'COMMIT',
      ].join('\n'),
      `first give ${fresh} the default, NOT NULL, indexes (CONCURRENTLY) and constraints that ${bareName(column)} has; then swap`,
    ),
    brief(`DROP FUNCTION ${made}()`),
    brief(
      `ALTER TABLE ${table} ALTER COLUMN ${old} DROP NOT NULL`,
      `later: ALTER TABLE ${table} DROP COLUMN ${old}`,
    ),
  ];
}

/** Hazard 28: the way back to a narrower type. */
function narrowing({ table, action, statement }: ActionContext, column: string, type: string) {
  const length = /\((\d+)\)/.exec(type)?.[1];
  return {
    number: 28,
    name: 'narrowing a column on the way down',
    explanation: statement.outcome.ok
      ? `${action.using ?? 'USING'} cuts every longer value in silence, and rewrites ${table} under AccessExclusiveLock: what was written since the upgrade is lost`
      : `values written since the upgrade do not fit ${type} (22001): the rollback fails`,
    remedy:
      'leave the wider type on the way down: the old release reads it as well; hold new values to the old length by a trigger',
    twin: length === undefined ? undefined : holdToLength(table, column, type, length),
    heavy: true,
  };
}

/** Not a CHECK … NOT VALID: it is checked whenever a row is written, so that no old row with a long value could be changed at all. */
function holdToLength(table: string, column: string, type: string, length: string): TwinStatement[] {
  const fits = madeName(table, column, 'fits');
  const made = besides(table, fits);
  return [
    brief(
      `CREATE FUNCTION ${made}() RETURNS trigger LANGUAGE plpgsql AS $fits$\nBEGIN\n  IF length(NEW.${column}) > ${length} AND NEW.${column} IS DISTINCT FROM OLD.${column} THEN\n    RAISE string_data_right_truncation USING MESSAGE = 'value too long for type ${type.replaceAll("'", "''")}';\n  END IF;\n  RETURN NEW;\nEND $fits$`,
    ),
    brief(
      `CREATE TRIGGER ${fits} BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${made}()`,
      'keeps every value; only new ones are held to the old length',
    ),
  ];
}
