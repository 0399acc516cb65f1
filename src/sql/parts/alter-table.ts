import type { AlterAction, ColumnParts, ConstraintParts } from '../../model/statement-parts.js';
import { unwrap } from '../grammar.js';
import { rangeVarName } from '../relations.js';
import type { TextCursor } from './text-cursor.js';

type Body = Record<string, unknown>;

/** The table and the actions of an ALTER TABLE; no actions where text and tree do not agree. */
export function alterTableParts(
  cursor: TextCursor,
  body: Body,
): { table: string; actions: AlterAction[] } | undefined {
  if (body.objtype !== 'OBJECT_TABLE') return undefined;
  const from = cursor.skip(2, 'if', 'exists', 'only');
  const afterTable = cursor.afterName(from);
  const table = cursor.slice(from, afterTable);
  const commands = Array.isArray(body.cmds) ? (body.cmds as unknown[]) : [];
  const spans = cursor.split(cursor.skip(afterTable, '*'));
  if (spans.length !== commands.length) return { table, actions: [] };
  const actions = commands.map((command, index) => {
    const [start, end] = spans[index] ?? [0, 0];
    return actionParts(cursor, start, end, unwrap(command)?.body ?? {});
  });
  return { table, actions };
}

function actionParts(cursor: TextCursor, from: number, to: number, command: Body): AlterAction {
  const kind = String(command.subtype).replace(/^AT_/, '');
  const action: AlterAction = { kind, text: cursor.slice(from, to) };
  const definition = unwrap(command.def)?.body ?? {};
  switch (kind) {
    case 'AddColumn':
      return { ...action, ...columnOf(cursor, from, to, definition) };
    case 'AddConstraint':
      return { ...action, constraint: constraintOf(cursor, from, to, definition) };
    case 'AlterColumnType':
      return { ...action, ...typeOf(cursor, from, to) };
    case 'AttachPartition':
    case 'DetachPartition':
    case 'DetachPartitionFinalize':
      return {
        ...action,
        partition: {
          name: cursor.slice(from + 2, cursor.afterName(from + 2)),
          concurrently: definition.concurrent === true,
        },
      };
    default: {
      const at = cursor.skip(from + 1, 'column', 'constraint', 'if', 'exists');
      return typeof command.name === 'string' ? { ...action, column: cursor.slice(at, at + 1) } : action;
    }
  }
}

function typeOf(
  cursor: TextCursor,
  from: number,
  to: number,
): Pick<AlterAction, 'column' | 'type' | 'using'> {
  const column = cursor.skip(from + 1, 'column');
  const type = cursor.find(['type'], column + 1, to);
  if (type < 0) return {};
  const using = cursor.find(['using'], type + 1, to);
  return {
    column: cursor.slice(column, column + 1),
    type: cursor.slice(type + 1, using < 0 ? to : using),
    ...(using < 0 ? {} : { using: cursor.slice(using + 1, to) }),
  };
}

const columnConstraints: Record<string, ColumnParts['constraints'][number]['kind']> = {
  CONSTR_NOTNULL: 'not null',
  CONSTR_DEFAULT: 'default',
  CONSTR_IDENTITY: 'identity',
  CONSTR_CHECK: 'check',
  CONSTR_UNIQUE: 'unique',
  CONSTR_PRIMARY: 'key',
  CONSTR_FOREIGN: 'foreign key',
};

function columnOf(
  cursor: TextCursor,
  from: number,
  to: number,
  definition: Body,
): Pick<AlterAction, 'adds' | 'column'> {
  const name = cursor.skip(from + 1, 'column', 'if', 'not', 'exists');
  const listed = (Array.isArray(definition.constraints) ? (definition.constraints as unknown[]) : []).flatMap(
    (item) => {
      const body = unwrap(item)?.body ?? {};
      const at = cursor.at(Number(body.location ?? -1));
      return at >= from && at < to ? [{ at, body }] : [];
    },
  );
  const end = listed[0]?.at ?? to;
  return {
    column: cursor.slice(name, name + 1),
    adds: {
      name: cursor.slice(name, name + 1),
      type: cursor.slice(name + 1, end),
      constraints: listed.map(({ at, body }, index) => ({
        kind: columnConstraintKind(body),
        text: cursor.slice(at, listed[index + 1]?.at ?? to),
        ...(body.contype === 'CONSTR_DEFAULT' ? { constant: isConstant(body.raw_expr) } : {}),
      })),
    },
  };
}

function columnConstraintKind(body: Body): ColumnParts['constraints'][number]['kind'] {
  if (body.contype === 'CONSTR_GENERATED') return body.generated_kind === 'v' ? 'virtual' : 'stored';
  return columnConstraints[String(body.contype)] ?? 'other';
}

/** now() and its like are stable: Postgres works the value out once, and rewrites nothing (docs, ddl-alter). */
const stableFunctions = new Set(['now', 'transaction_timestamp', 'statement_timestamp']);

function isConstant(expression: unknown): boolean {
  const inner = unwrap(expression);
  if (!inner) return true;
  if (inner.node === 'A_Const' || inner.node === 'SQLValueFunction') return true;
  if (inner.node === 'TypeCast') return isConstant(inner.body.arg);
  if (inner.node !== 'FuncCall' || !Array.isArray(inner.body.funcname)) return false;
  const name = unwrap((inner.body.funcname as unknown[]).at(-1))?.body.sval;
  return typeof name === 'string' && stableFunctions.has(name);
}

const tableConstraints: Record<string, ConstraintParts['kind']> = {
  CONSTR_CHECK: 'check',
  CONSTR_FOREIGN: 'foreign key',
  CONSTR_UNIQUE: 'unique',
  CONSTR_PRIMARY: 'primary key',
  CONSTR_NOTNULL: 'not null',
  CONSTR_EXCLUSION: 'exclusion',
};

function constraintOf(cursor: TextCursor, from: number, to: number, body: Body): ConstraintParts {
  const named = cursor.is(from + 1, 'constraint');
  const definition = named ? from + 3 : from + 1;
  const keys = (
    Array.isArray(body.fk_attrs) ? body.fk_attrs : Array.isArray(body.keys) ? body.keys : []
  ) as unknown[];
  const references = rangeVarName(body.pktable);
  return {
    kind: tableConstraints[String(body.contype)] ?? 'other',
    ...(named ? { name: cursor.slice(from + 2, from + 3) } : {}),
    definition: cursor.slice(definition, to),
    columns: keys.map((key) => quoteIdentifier(String(unwrap(key)?.body.sval))),
    ...(references === undefined ? {} : { references }),
    notValid: body.skip_validation === true,
    ...(typeof body.indexname === 'string' ? { usingIndex: quoteIdentifier(body.indexname) } : {}),
  };
}

/** As quote_ident does, but for keywords, which are quoted too where they are not lower-case words only. */
export function quoteIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Words that cannot stand as a column's name without quotes (docs, sql-keywords-appendix), those one may meet. */
const reserved = new Set(
  'all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_date current_role current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral leading limit localtime localtimestamp not null offset on only or order placing primary references returning select session_user some symmetric table then to trailing true union unique user using variadic when where window with'.split(
    ' ',
  ),
);
