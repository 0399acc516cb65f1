import { unwrap, type ParsedStatement } from './grammar.js';

/**
 * The names of the columns that a SELECT returns; undefined where they depend on the catalog (`*`, VALUES), and for
 * anything that is no SELECT. Names as Postgres gives them (FigureColname), but that of a function in FROM.
 */
export function outputColumns({ node, body }: Pick<ParsedStatement, 'node' | 'body'>): string[] | undefined {
  if (node !== 'SelectStmt') return undefined;
  // The names of UNION are those of its first part.
  if (body.op !== undefined && body.op !== 'SETOP_NONE') {
    const first = body.larg as Record<string, unknown> | undefined;
    return first && outputColumns({ node, body: first });
  }
  if (!Array.isArray(body.targetList)) return undefined;
  const names: string[] = [];
  for (const target of body.targetList as unknown[]) {
    const { name, val } = (unwrap(target)?.body ?? {}) as { name?: unknown; val?: unknown };
    const column = typeof name === 'string' ? name : nameOf(val);
    if (column === undefined) return undefined;
    names.push(column);
  }
  return names;
}

/** The name of an expression without an alias; undefined: it is `*`. */
function nameOf(value: unknown): string | undefined {
  const { node, body } = unwrap(value) ?? { node: '', body: {} };
  if (node === 'ColumnRef') {
    const last = unwrap((body.fields as unknown[] | undefined)?.at(-1));
    return last?.node === 'A_Star' ? undefined : String(last?.body.sval);
  }
  if (node === 'FuncCall') return String(unwrap((body.funcname as unknown[] | undefined)?.at(-1))?.body.sval);
  // A cast keeps the name of what is cast.
  if (node === 'TypeCast') return nameOf(body.arg) ?? '?column?';
  return node === 'CoalesceExpr' ? 'coalesce' : '?column?';
}
