import { parseSql, unwrap } from './grammar.js';

/** `orders`, or `sales.orders` outside public: how dten names relations everywhere. */
export function relationName(schema: string | undefined, name: string): string {
  return schema === undefined || schema === '' || schema === 'public' ? name : `${schema}.${name}`;
}

/** The name of a RangeVar node's body. */
export function rangeVarName(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { schemaname, relname } = body as { schemaname?: unknown; relname?: unknown };
  if (typeof relname !== 'string') return undefined;
  return relationName(typeof schemaname === 'string' ? schemaname : undefined, relname);
}

/**
 * The tables, views and sequences that a text names, read or written, sorted; none where it does not parse. Names
 * of common table expressions are left out. What functions, views and triggers touch behind it is not seen.
 */
export async function relationsOf(text: string): Promise<string[]> {
  const parsed = await parseSql(text);
  if (!Array.isArray(parsed)) return [];
  const found = new Set<string>();
  for (const { node, body } of parsed) collectRelations(node, body, found);
  return [...found].sort();
}

/** Adds every relation below one statement. */
export function collectRelations(node: string, body: Record<string, unknown>, found: Set<string>): void {
  if (node === 'DropStmt') collectDropped(body, found);
  walk(body, new Set(), found);
}

const droppedRelations = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_FOREIGN_TABLE',
]);

/** DROP names its objects as lists of strings, not as RangeVars; the table of a trigger or policy comes before it. */
function collectDropped(body: Record<string, unknown>, found: Set<string>): void {
  const onTable = ['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE'].includes(String(body.removeType));
  if (!onTable && !droppedRelations.has(String(body.removeType))) return;
  for (const parts of droppedNames(body)) {
    const name = onTable ? parts.slice(0, -1) : parts;
    const relation = name.at(-1);
    if (relation) found.add(relationName(name.at(-2), relation));
  }
}

/** The names of a DROP's objects, each in its parts: `[['sales', 'orders']]`. */
export function droppedNames(body: Record<string, unknown>): string[][] {
  const objects = Array.isArray(body.objects) ? (body.objects as unknown[]) : [];
  return objects.map((object) => {
    const items = unwrap(object)?.body.items;
    return (Array.isArray(items) ? (items as unknown[]) : []).map((item) => {
      const text = unwrap(item)?.body.sval;
      return typeof text === 'string' ? text : '';
    });
  });
}

function walk(value: unknown, hidden: ReadonlySet<string>, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, hidden, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const body = value as Record<string, unknown>;
  const name = rangeVarName(body);
  if (name !== undefined && 'relpersistence' in body) {
    if (body.schemaname !== undefined || !hidden.has(name)) found.add(name);
  }
  const inner = 'withClause' in body ? walkCommonTables(body.withClause, hidden, found) : hidden;
  for (const [key, child] of Object.entries(body)) {
    if (key !== 'withClause') walk(child, inner, found);
  }
}

/** The names that hide tables in the rest of the query: each CTE sees those before it, and all if RECURSIVE. */
function walkCommonTables(
  clause: unknown,
  hidden: ReadonlySet<string>,
  found: Set<string>,
): ReadonlySet<string> {
  const { ctes, recursive } = (clause ?? {}) as { ctes?: unknown[]; recursive?: boolean };
  const inner = new Set(hidden);
  const queries = (ctes ?? []).map((cte) => unwrap(cte)?.body ?? {});
  if (recursive) for (const { ctename } of queries) inner.add(String(ctename));
  for (const { ctename, ctequery } of queries) {
    walk(ctequery, inner, found);
    inner.add(String(ctename));
  }
  return inner;
}
