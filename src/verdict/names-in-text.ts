/** Where a statement first names a relation, with or without its schema; Infinity: nowhere. */
export function placeIn(text: string, relation: string): number {
  const name = relation.slice(relation.lastIndexOf('.') + 1).replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const at = text.search(new RegExp(String.raw`(?<![\w$])${name}(?![\w$])`, 'iu'));
  return at < 0 ? Infinity : at;
}
