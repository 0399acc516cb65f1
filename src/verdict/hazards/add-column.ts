import type { ColumnParts } from '../../model/statement-parts.js';
import { rewrote, type ActionContext, type ExplainAction } from './hazard.js';
import { besides, brief, fill, madeName, notNull, patient, type TwinStatement } from './twin-sql.js';

type Part = ColumnParts['constraints'][number];

const serials: Record<string, string> = {
  smallserial: 'smallint',
  serial2: 'smallint',
  serial: 'integer',
  serial4: 'integer',
  bigserial: 'bigint',
  serial8: 'bigint',
};

/** Hazards 1–4: ADD COLUMN. */
export const explainAddColumn: ExplainAction = (context) => {
  const { adds } = context.action;
  if (context.action.kind !== 'AddColumn' || !adds) return undefined;
  const find = (kind: Part['kind']) => adds.constraints.find((part) => part.kind === kind);
  const reference = find('foreign key');
  const suspect =
    adds.type.toLowerCase() in serials ||
    find('identity') !== undefined ||
    find('stored') !== undefined ||
    find('default')?.constant === false ||
    !adds.constraints.some(({ kind }) => kind === 'default' || kind === 'virtual');
  if (rewrote(context) && suspect) return rewriting(context, adds);
  if (reference) return referencing(context, adds, reference);
  if (find('virtual')) {
    return {
      number: 3,
      name: 'ADD COLUMN, a virtual generated column',
      explanation: `it takes AccessExclusiveLock on ${context.table} for a moment: the value is worked out when it is read, and nothing is rewritten`,
      remedy:
        'give it a lock_timeout below what your users notice, and retries: while it waits in the queue, everybody waits behind it',
      twin: [brief(`ALTER TABLE ${context.table} ${context.action.text}`)],
      heavy: false,
    };
  }
  return {
    number: 1,
    name: 'ADD COLUMN, null or with a constant default',
    explanation: `it takes AccessExclusiveLock on ${context.table} for a moment and rewrites nothing; but while it waits for that lock, every later read and write of ${context.table} waits behind it`,
    remedy: 'give it a lock_timeout below what your users notice, and retries',
    twin: [brief(`ALTER TABLE ${context.table} ${context.action.text}`)],
    heavy: false,
  };
};

function rewriting(context: ActionContext, adds: ColumnParts) {
  const { table, statement } = context;
  return {
    number: 2,
    name: 'ADD COLUMN that rewrites the table',
    explanation: `every row needs a value of its own, so Postgres rewrites ${statement.rewrites.join(', ') || table} under AccessExclusiveLock: nobody reads or writes ${table} until it is done`,
    remedy:
      'add the column without a value, give new rows their value by a default (or a trigger), and fill the old rows in batches',
    twin: twinOf(context, adds),
    heavy: true,
  };
}

/** Undefined for a domain with a CHECK, whose base type the text does not tell. */
function twinOf({ table, parts }: ActionContext, adds: ColumnParts): TwinStatement[] | undefined {
  const { name, type, constraints } = adds;
  const part = (kind: Part['kind']) => constraints.find((one) => one.kind === kind);
  const add = (columnType: string) => {
    const kept = constraints.filter(({ kind }) => kind === 'check' || kind === 'unique' || kind === 'other');
    return kept.length > 0 ? undefined : brief(`ALTER TABLE ${table} ADD COLUMN ${name} ${columnType}`);
  };
  const serial = serials[type.toLowerCase()];
  const identity = part('identity');
  const stored = part('stored');
  const byDefault = part('default');
  const first = add(serial ?? type);
  if (!first || part('key') || part('foreign key')) return undefined;
  if (serial !== undefined || identity) {
    const sequence = besides(table, madeName(table, name, identity ? 'fill' : 'seq'));
    const next = `nextval('${sequence.replaceAll("'", "''")}')`;
    const filled = fill(table, parts.key, name, next);
    if (!filled) return undefined;
    return [
      brief(`CREATE SEQUENCE ${sequence} AS ${serial ?? type}`),
      first,
      brief(`ALTER TABLE ${table} ALTER COLUMN ${name} SET DEFAULT ${next}`),
      ...(identity ? [] : [brief(`ALTER SEQUENCE ${sequence} OWNED BY ${table}.${name}`)]),
      filled,
      ...notNull(table, name),
      ...(identity ? intoIdentity(table, name, identity.text, sequence) : []),
    ];
  }
  const required = part('not null') ? notNull(table, name) : [];
  if (byDefault) {
    const value = byDefault.text.replace(/^(constraint\s+\S+\s+)?default\s+/i, '');
    const filled = fill(table, parts.key, name, value);
    if (!filled) return undefined;
    return [
      first,
      brief(
        `ALTER TABLE ${table} ALTER COLUMN ${name} SET ${byDefault.text.replace(/^constraint\s+\S+\s+/i, '')}`,
      ),
      filled,
      ...required,
    ];
  }
  if (stored)
    return byTrigger(
      table,
      name,
      stored.text,
      first,
      fillGenerated(table, parts.key, name, stored.text),
      required,
    );
  return undefined;
}

function intoIdentity(table: string, name: string, identity: string, sequence: string): TwinStatement[] {
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const column = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
  const swap = [
    'BEGIN;',
    `ALTER TABLE ${table} ALTER COLUMN ${name} DROP DEFAULT, ALTER COLUMN ${name} ADD ${identity};`,
    `SELECT setval(pg_get_serial_sequence(${literal(table)}, ${literal(column)}), (SELECT last_value FROM ${sequence}));`,
    'COMMIT',
  ].join('\n');
  return [brief(swap), brief(`DROP SEQUENCE ${sequence}`)];
}

function generatedValue(stored: string): string | undefined {
  return /^generated\s+always\s+as\s+(\(.*\))\s+stored$/is.exec(stored.trim())?.[1];
}

function fillGenerated(
  table: string,
  key: readonly string[] | undefined,
  name: string,
  stored: string,
): TwinStatement | undefined {
  const value = generatedValue(stored);
  return value === undefined ? undefined : fill(table, key, name, value);
}

/** A stored generated column cannot be had without a rewrite: a trigger keeps a plain one in its place. */
function byTrigger(
  table: string,
  name: string,
  stored: string,
  first: TwinStatement,
  filled: TwinStatement | undefined,
  required: TwinStatement[],
): TwinStatement[] | undefined {
  const value = generatedValue(stored);
  if (value === undefined || !filled) return undefined;
  const made = besides(table, madeName(table, name, 'fill'));
  return [
    {
      ...first,
      note: 'a plain column that a trigger fills; on Postgres 18, a VIRTUAL generated column rewrites nothing either',
    },
    brief(
      `CREATE FUNCTION ${made}() RETURNS trigger LANGUAGE plpgsql AS $fill$\nBEGIN\n  NEW.${name} := (SELECT ${value} FROM (SELECT NEW.*) AS target);\n  RETURN NEW;\nEND $fill$`,
    ),
    brief(
      `CREATE TRIGGER ${madeName(table, name, 'fill')} BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${made}()`,
    ),
    filled,
    ...required,
  ];
}

function referencing(context: ActionContext, adds: ColumnParts, reference: Part) {
  const { table } = context;
  const named = /^constraint\s+("(?:[^"]|"")+"|\S+)\s+(.*)$/is.exec(reference.text);
  const constraint = named?.[1] ?? madeName(table, adds.name, 'fkey');
  const rest = adds.constraints.filter((part) => part !== reference).map(({ text }) => text);
  return {
    number: 4,
    name: 'ADD COLUMN … REFERENCES',
    explanation: `it takes AccessExclusiveLock on ${table} and ShareRowExclusiveLock on the table it refers to, so that writes to both wait while it waits for either`,
    remedy:
      'add the column first and the foreign key after it, NOT VALID: each holds one lock for a moment; then VALIDATE',
    twin: [
      brief(`ALTER TABLE ${table} ADD COLUMN ${[adds.name, adds.type, ...rest].join(' ')}`),
      brief(
        `ALTER TABLE ${table} ADD CONSTRAINT ${constraint} FOREIGN KEY (${adds.name}) ${named?.[2] ?? reference.text} NOT VALID`,
      ),
      patient(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${constraint}`),
    ],
    heavy: true,
  };
}
