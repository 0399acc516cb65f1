import type { PlannedStep } from '../../model/plan.js';
import type { ItemCleanup } from '../../model/state.js';
import { splitSql } from '../../sql/split.js';
import { ItemTemplate, type CleanedItem, type CleanupValues } from './item-template.js';
import { SqlValues } from './sql-values.js';

const base = { timeout: 60_000, retries: 0, retryDelay: 500, side: 'rollback' as const };
/** Gone already is what the second round wants to hear. */
const goneStatuses = [200, 202, 204, 404, 410];

/** The cleanup of one item as a step, with everything filled in. @throws where a value is missing */
export async function itemStep(
  path: string,
  cleanup: ItemCleanup,
  item: CleanedItem,
  values: CleanupValues,
): Promise<PlannedStep> {
  const head = { ...base, name: path, id: `cleanup.${path}` };
  if ('command' in cleanup) {
    const template = new ItemTemplate(item, values);
    return {
      ...head,
      kind: 'command',
      command: cleanup.command.map((argument) => verbatim(template.text(argument))),
      ...(cleanup.cwd !== undefined && { cwd: cleanup.cwd }),
      env: {},
      trace: false,
    };
  }
  if ('sql' in cleanup) {
    const sql = sqlFor(cleanup.sql, item, values);
    const { statements, problems } = await splitSql(sql, { file: '' });
    if (problems[0]) throw new Error(`${problems[0].message} in ${sql}`);
    return {
      ...head,
      kind: 'sql',
      sql,
      transaction: 'statement',
      ...(cleanup.role !== undefined && { role: cleanup.role }),
      source: { statements, transaction: 'statement' },
    };
  }
  const template = new ItemTemplate(item, values);
  const { method, headers, json, expect } = cleanup.http;
  return {
    ...head,
    kind: 'http',
    http: {
      method,
      url: verbatim(urlFor(cleanup.http.url, item, values)),
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [name, verbatim(template.text(text))]),
      ),
      ...(json !== undefined && { json: verbatimJson(template.json(json)) }),
      expect: expect ?? (method === 'DELETE' ? { status: goneStatuses } : {}),
    },
  };
}

export function sqlFor(sql: string, item: CleanedItem, values: CleanupValues): string {
  const places = new SqlValues();
  return places.filledIn(new ItemTemplate(item, values, (value) => places.placeFor(value)).text(sql));
}

/** Parts of the item are percent-encoded: a flag may be called `new checkout/ü`. */
export function urlFor(url: string, item: CleanedItem, values: CleanupValues): string {
  const encoded = (value: unknown) =>
    encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value));
  return new ItemTemplate(item, values, encoded).text(url);
}

/** The step's own renderer must not read templates in what an item holds. */
function verbatim(text: string): string {
  return text.replaceAll('${', () => '$${');
}

function verbatimJson(value: unknown): unknown {
  if (typeof value === 'string') return verbatim(value);
  if (Array.isArray(value)) return value.map(verbatimJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, verbatimJson(item)]));
}
