import type { StatementParts } from '../../model/statement-parts.js';
import { parseSql } from '../grammar.js';
import { alterTableParts } from './alter-table.js';
import { TextCursor } from './text-cursor.js';

type Body = Record<string, unknown>;

/** The parts of the first statement of a text; undefined where it does not parse. Never throws for wrong SQL. */
export async function statementParts(text: string): Promise<StatementParts | undefined> {
  const parsed = await parseSql(text);
  const first = Array.isArray(parsed) ? parsed[0] : undefined;
  const cursor = first && (await TextCursor.of(text));
  if (!first || !cursor) return undefined;
  return { node: first.node, ...partsOf(first.node, first.body, cursor) };
}

function partsOf(node: string, body: Body, cursor: TextCursor): Omit<StatementParts, 'node'> {
  switch (node) {
    case 'AlterTableStmt':
      return alterTableParts(cursor, body) ?? {};
    case 'IndexStmt':
      return indexParts(cursor, body);
    case 'DropStmt':
      return dropParts(cursor, body);
    case 'ReindexStmt':
      return reindexParts(cursor, body);
    case 'UpdateStmt':
    case 'DeleteStmt':
      return rowParts(node, cursor, body);
    case 'CreateStmt':
      return createParts(cursor, body);
    case 'CreateTrigStmt':
      return tableAfter(cursor, 'on');
    case 'RenameStmt':
      return renameParts(cursor, body);
    case 'VariableSetStmt':
      return typeof body.name === 'string' && body.is_local !== true ? { sets: body.name } : {};
    default:
      return {};
  }
}

function tableAfter(cursor: TextCursor, keyword: string): Pick<StatementParts, 'table'> {
  const at = cursor.find([keyword]);
  if (at < 0) return {};
  const from = cursor.skip(at + 1, 'only');
  return { table: cursor.slice(from, cursor.afterName(from)) };
}

function withConcurrently(cursor: TextCursor, at: number): string {
  return `${cursor.slice(0, at)} CONCURRENTLY ${cursor.slice(at)}`;
}

function indexParts(cursor: TextCursor, body: Body): Omit<StatementParts, 'node'> {
  const index = cursor.find(['index']);
  if (index < 0) return {};
  const concurrently = body.concurrent === true;
  const name = cursor.skip(index + 1, 'concurrently', 'if', 'not', 'exists');
  return {
    ...tableAfter(cursor, 'on'),
    index: {
      ...(typeof body.idxname === 'string' ? { name: cursor.slice(name, cursor.afterName(name)) } : {}),
      unique: body.unique === true,
      concurrently,
      ifNotExists: body.if_not_exists === true,
      concurrentText: concurrently ? cursor.slice(0) : withConcurrently(cursor, index + 1),
    },
  };
}

function dropParts(cursor: TextCursor, body: Body): Omit<StatementParts, 'node'> {
  const kind = String(body.removeType)
    .replace(/^OBJECT_/, '')
    .toLowerCase();
  const cascades = body.behavior === 'DROP_CASCADE';
  if (kind === 'trigger') {
    return {
      ...tableAfter(cursor, 'on'),
      drops: { kind, names: [cursor.slice(2, 3)], concurrently: false, cascades },
    };
  }
  if (kind !== 'table' && kind !== 'index') return {};
  const from = cursor.skip(2, 'concurrently', 'if', 'exists');
  const end = cursor.is(cursor.length - 1, 'cascade', 'restrict') ? cursor.length - 1 : cursor.length;
  const names = cursor.split(from, end).map(([start, stop]) => cursor.slice(start, stop));
  return {
    ...(kind === 'table' && names[0] !== undefined ? { table: names[0] } : {}),
    drops: { kind, names, concurrently: body.concurrent === true, cascades },
  };
}

function reindexParts(cursor: TextCursor, body: Body): Omit<StatementParts, 'node'> {
  const kind = String(body.kind)
    .replace(/^REINDEX_OBJECT_/, '')
    .toLowerCase();
  const at = cursor.find([kind]);
  if (at < 0) return { reindexes: { kind, concurrently: false } };
  const concurrently = /"concurrently"/.test(JSON.stringify(body.params ?? []));
  const name = cursor.skip(at + 1, 'concurrently');
  return {
    ...(kind === 'table' ? { table: cursor.slice(name) } : {}),
    reindexes: {
      kind,
      ...(name < cursor.length ? { name: cursor.slice(name) } : {}),
      concurrently,
      ...(concurrently ? {} : { concurrentText: withConcurrently(cursor, at + 1) }),
    },
  };
}

function rowParts(node: string, cursor: TextCursor, body: Body): Omit<StatementParts, 'node'> {
  const verb = node === 'UpdateStmt' ? 'update' : 'delete';
  if (!cursor.is(0, verb)) return {};
  const from = cursor.skip(verb === 'update' ? 1 : 2, 'only');
  const afterName = cursor.afterName(from);
  const table = cursor.slice(from, afterName);
  const returning = cursor.find(['returning'], afterName);
  const end = returning < 0 ? cursor.length : returning;
  const where = body.whereClause === undefined ? -1 : cursor.find(['where'], afterName, end);
  const alias = aliasOf(body.relation) ?? table;
  return {
    table,
    rows: {
      verb,
      head: cursor.slice(0, where < 0 ? end : where),
      alias,
      ...(where < 0 ? {} : { where: cursor.slice(where + 1, end) }),
    },
  };
}

function aliasOf(relation: unknown): string | undefined {
  const { alias } = (relation ?? {}) as { alias?: { aliasname?: unknown } };
  return typeof alias?.aliasname === 'string' ? `"${alias.aliasname.replaceAll('"', '""')}"` : undefined;
}

function createParts(cursor: TextCursor, body: Body): Omit<StatementParts, 'node'> {
  const table = cursor.find(['table']);
  if (table < 0) return {};
  const from = cursor.skip(table + 1, 'if', 'not', 'exists');
  const afterName = cursor.afterName(from);
  const name = { table: cursor.slice(from, afterName) };
  if (body.partbound === undefined || !cursor.is(afterName, 'partition')) return name;
  const parent = afterName + 2;
  const bound = cursor.find(['for', 'default'], cursor.afterName(parent));
  if (bound < 0) return name;
  const end = cursor.find(['partition', 'using', 'with', 'tablespace'], bound + 3);
  return {
    ...name,
    partitionOf: {
      parent: cursor.slice(parent, cursor.afterName(parent)),
      // `for values with (modulus …)` has its own WITH, two tokens on.
      bound: cursor.slice(bound, end < 0 ? cursor.length : end),
    },
  };
}

function renameParts(cursor: TextCursor, body: Body): Omit<StatementParts, 'node'> {
  if (body.renameType !== 'OBJECT_COLUMN') return {};
  const from = cursor.skip(2, 'if', 'exists', 'only');
  const to = cursor.find(['to']);
  if (to < 0) return {};
  return {
    table: cursor.slice(from, cursor.afterName(from)),
    renames: { from: cursor.slice(to - 1, to), to: cursor.slice(to + 1) },
  };
}
