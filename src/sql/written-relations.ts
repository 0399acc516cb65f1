import { parseSql, unwrap } from './grammar.js';
import { rangeVarName, relationsOf } from './relations.js';

/** Statements that change no row of a table; what a SELECT's functions do is not seen. */
const readers: readonly string[] = [
  ...['SelectStmt', 'TransactionStmt', 'VariableSetStmt', 'VariableShowStmt', 'DiscardStmt', 'LockStmt'],
  ...['VacuumStmt', 'CheckPointStmt', 'ExplainStmt', 'PrepareStmt', 'DeallocateStmt', 'ClosePortalStmt'],
  ...['DeclareCursorStmt', 'FetchStmt', 'ListenStmt', 'UnlistenStmt', 'NotifyStmt', 'CommentStmt'],
];
const writers: readonly string[] = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'];

/**
 * The tables whose rows a text may change, named as `relationsOf` does. `anything`: it cannot be told, since the text
 * does not parse or runs what is not in it (CALL, DO, EXECUTE). A statement of another kind may change all it names.
 */
export async function writtenRelations(text: string): Promise<ReadonlySet<string> | 'anything'> {
  const parsed = await parseSql(text);
  if (!Array.isArray(parsed)) return 'anything';
  const written = new Set<string>();
  const bytes = Buffer.from(text);
  for (const { node, body, startByte, endByte } of parsed) {
    if (writers.includes(node) || readers.includes(node)) collectWritten({ [node]: body }, written);
    else if (node === 'CopyStmt') {
      if (body.is_from === true) addName(body.relation, written);
      else collectWritten(body.query, written);
    } else {
      const named = await relationsOf(bytes.subarray(startByte, endByte).toString());
      if (named.length === 0) return 'anything';
      for (const relation of named) written.add(relation);
    }
  }
  return written;
}

/** Writing statements stand at the top, below EXPLAIN and PREPARE, and in the CTEs of any query. */
function collectWritten(value: unknown, written: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collectWritten(item, written);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const inner = unwrap(value);
  if (inner && writers.includes(inner.node)) addName(inner.body.relation, written);
  const { intoClause } = value as { intoClause?: { rel?: unknown } };
  if (intoClause) addName(intoClause.rel, written);
  for (const child of Object.values(value)) collectWritten(child, written);
}

function addName(rangeVar: unknown, written: Set<string>): void {
  const name = rangeVarName(rangeVar);
  if (name !== undefined) written.add(name);
}
