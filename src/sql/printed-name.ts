/** A relation as `relationsOf` names it (`orders`, `sales.orders`), as SQL has to write it. */
export function printedName(relation: string): string {
  const [, schema, name = relation] = /^([a-z_][a-z0-9_$]*)\.(.+)$/s.exec(relation) ?? [];
  return schema === undefined ? printed(name) : `${schema}.${printed(name)}`;
}

function printed(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
