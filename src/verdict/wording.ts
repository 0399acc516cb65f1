import { formatCount } from '../foundation/units.js';

/** `\`ALTER TABLE orders ADD COLUMN …\``: one line, cut. */
export function quoted(statement: string, longest = 90): string {
  const line = statement.replaceAll(/\s+/g, ' ').trim().replace(/;$/, '');
  return `\`${line.length > longest ? `${line.slice(0, longest - 1).trimEnd()}…` : line}\``;
}

/** `1 session`, `48 sessions`, `1 004 sessions`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`;
}

/** `upgrade.add status` → `add status`. */
export function stepName(id: string): string {
  return id.replace(/^(?:upgrade|rollback)\./, '');
}

/** The first few of a list, and how many more there are. */
export function some(items: readonly string[], most = 4): string {
  const more = items.length - most;
  return more > 0 ? `${items.slice(0, most).join(', ')} and ${more} more` : items.join(', ');
}

/** `public.orders` → `orders`: as scenarios write tables. */
export function tableName(relation: string): string {
  return relation.replace(/^public\./, '');
}

/** How environment/ says, in a `degraded` event of the database, that its server is gone. */
export function databaseDied(lost: string): boolean {
  return lost.startsWith('Postgres ended unasked');
}
