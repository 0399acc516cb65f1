import { parseSql, unwrap, type ParsedStatement } from './grammar.js';
import { hasOption } from './statement-facts.js';
import { collectRelations, droppedNames, rangeVarName, relationName } from './relations.js';

export interface IndexDescription {
  /** Absent: Postgres chooses it. */
  name?: string;
  table: string;
  concurrently: boolean;
  ifNotExists: boolean;
}

/** What one statement says it does. What it really did comes from the trace. */
export interface StatementDescription {
  /** The parser's node name; `unknown` where the text does not parse. */
  node: string;
  /** Tables, views and sequences it names, sorted: `orders`, `sales.orders`. */
  relations: string[];
  /** `orders.status`: by ADD COLUMN. */
  addsColumns: string[];
  /** By DROP COLUMN. */
  dropsColumns: string[];
  /** By CREATE TABLE and CREATE TABLE AS (a SELECT INTO is not seen). */
  createsTables: string[];
  /** CREATE INDEX. */
  index?: IndexDescription;
  /** By DROP INDEX. */
  dropsIndexes: string[];
  /** VACUUM, and whether FULL. */
  vacuums?: 'full' | 'plain';
  /** REINDEX … CONCURRENTLY. */
  reindexesConcurrently: boolean;
  /** DETACH PARTITION … CONCURRENTLY. */
  detaches?: { parent: string; partition: string };
  /** SET, RESET for the session (not SET LOCAL, not SET TRANSACTION). */
  setsSession: boolean;
}

/** Describes the first statement of a text. Never throws for wrong SQL. */
export async function describeStatement(text: string): Promise<StatementDescription> {
  const parsed = await parseSql(text);
  const statement = Array.isArray(parsed) ? parsed[0] : undefined;
  if (!statement) return empty('unknown');
  const found = new Set<string>();
  collectRelations(statement.node, statement.body, found);
  const index = indexOf(statement);
  const detached = detachedBy(statement);
  const created =
    statement.node === 'CreateStmt' ? rangeVarName(statement.body.relation) : createdAs(statement);
  return {
    ...empty(statement.node),
    relations: [...found].sort(),
    addsColumns: columns(statement, 'AT_AddColumn'),
    dropsColumns: columns(statement, 'AT_DropColumn'),
    createsTables: created === undefined ? [] : [created],
    dropsIndexes: droppedIndexes(statement),
    ...(index ? { index } : {}),
    ...(detached ? { detaches: detached } : {}),
    ...(statement.node === 'VacuumStmt' && statement.body.is_vacuumcmd === true
      ? { vacuums: hasOption(statement.body, 'options', ['full']) ? 'full' : 'plain' }
      : {}),
    reindexesConcurrently:
      statement.node === 'ReindexStmt' && hasOption(statement.body, 'params', ['concurrently']),
    setsSession: setsSession(statement),
  };
}

function empty(node: string): StatementDescription {
  return {
    node,
    relations: [],
    addsColumns: [],
    dropsColumns: [],
    createsTables: [],
    dropsIndexes: [],
    reindexesConcurrently: false,
    setsSession: false,
  };
}

function columns({ node, body }: ParsedStatement, subtype: 'AT_AddColumn' | 'AT_DropColumn'): string[] {
  const table = node === 'AlterTableStmt' ? rangeVarName(body.relation) : undefined;
  if (table === undefined || !Array.isArray(body.cmds)) return [];
  return (body.cmds as unknown[]).flatMap((command) => {
    const cmd = unwrap(command)?.body;
    if (cmd?.subtype !== subtype) return [];
    const name = subtype === 'AT_AddColumn' ? unwrap(cmd.def)?.body.colname : cmd.name;
    return typeof name === 'string' ? [`${table}.${name}`] : [];
  });
}

function createdAs({ node, body }: ParsedStatement): string | undefined {
  if (node !== 'CreateTableAsStmt') return undefined;
  return rangeVarName((body.into as { rel?: unknown } | undefined)?.rel);
}

function indexOf({ node, body }: ParsedStatement): IndexDescription | undefined {
  const table = node === 'IndexStmt' ? rangeVarName(body.relation) : undefined;
  if (table === undefined) return undefined;
  return {
    ...(typeof body.idxname === 'string' ? { name: body.idxname } : {}),
    table,
    concurrently: body.concurrent === true,
    ifNotExists: body.if_not_exists === true,
  };
}

function setsSession({ node, body }: ParsedStatement): boolean {
  return node === 'VariableSetStmt' && body.is_local !== true && body.kind !== 'VAR_SET_MULTI';
}

function detachedBy({ node, body }: ParsedStatement): StatementDescription['detaches'] {
  const parent = node === 'AlterTableStmt' ? rangeVarName(body.relation) : undefined;
  if (parent === undefined || !Array.isArray(body.cmds)) return undefined;
  for (const command of body.cmds as unknown[]) {
    const definition = unwrap(unwrap(command)?.body.def);
    const partition = rangeVarName(definition?.body.name);
    if (definition?.body.concurrent === true && partition !== undefined) return { parent, partition };
  }
  return undefined;
}

function droppedIndexes({ node, body }: ParsedStatement): string[] {
  if (node !== 'DropStmt' || body.removeType !== 'OBJECT_INDEX') return [];
  return droppedNames(body).map((parts) => relationName(parts.at(-2), parts.at(-1) ?? ''));
}
