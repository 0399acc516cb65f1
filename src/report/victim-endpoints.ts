import type { Victims } from '../model/lock-story.js';

/** ` (endpoint create order, by the statements’ tags)`; empty where the name says it, or nothing does. */
export function victimEndpoints({ endpoints, exact, by }: Victims): string {
  if (endpoints.length === 0 || (exact && by !== 'tags')) return '';
  if (by !== 'tags') return ` (endpoints inferred from overlap: ${endpoints.join(', ')})`;
  return ` (endpoint ${endpoints.join(' or ')}, by the statements’ tags)`;
}
