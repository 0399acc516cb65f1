import type { StatementTrace } from '../model/observation.js';
import type { Catalog } from './catalog-snapshot.js';

type Scan = StatementTrace['scans'][number];

/** The DEBUG1 messages of commands/tablecmds.c and catalog/index.c; they name tables without their schema. */
const messages: { pattern: RegExp; kind: Scan['kind'] }[] = [
  { pattern: /^rewriting table "(.+)"$/, kind: 'rewrite' },
  { pattern: /^verifying table "(.+)"$/, kind: 'verify' },
  { pattern: /^building index ".+" on table "(.+)" (?:serially|with request for)/, kind: 'build index' },
];
const foreignKey = /^validating foreign key constraint "(.+)"$/;

/**
 * The full scans that a statement's DEBUG1 messages tell, each once. `tables`: the tables it locked, to put the
 * schema to a bare name.
 */
export function scansOf(lines: readonly string[], tables: readonly string[], catalog: Catalog): Scan[] {
  const scans = new Map<string, Scan>();
  const add = (scan: Scan) => scans.set(`${scan.kind} ${scan.relation}`, scan);
  for (const line of lines) {
    const constraint = foreignKey.exec(line)?.[1];
    if (constraint !== undefined) {
      const owners = catalog.foreignKeys.get(constraint) ?? [];
      const relation = owners.find((owner) => tables.includes(owner)) ?? owners[0] ?? constraint;
      add({ kind: 'validate foreign key', relation });
      continue;
    }
    for (const { pattern, kind } of messages) {
      const name = pattern.exec(line)?.[1];
      // A rewrite builds the index of its new TOAST table too.
      if (name !== undefined && !/^pg_toast_\d+$/.test(name))
        add({ kind, relation: qualified(name, tables) });
    }
  }
  return [...scans.values()];
}

function qualified(name: string, tables: readonly string[]): string {
  return tables.find((table) => table === name) ?? tables.find((table) => table.endsWith(`.${name}`)) ?? name;
}
