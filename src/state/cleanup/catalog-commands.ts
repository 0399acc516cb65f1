import type { ResidueItem } from '../../model/residue.js';
import type { SequenceValue } from '../compare-sequences.js';

/** `orders.status` → [`orders`, `status`], also where a name is quoted. */
function ownerAndName(key: string): [string, string] {
  const parts = key.match(/"(?:[^"]|"")*"|[^.]+/g) ?? [key];
  return [parts.slice(0, -1).join('.'), parts.at(-1) ?? ''];
}

const onTable = (what: string) => (key: string) => {
  const [table, name] = ownerAndName(key);
  return `drop ${what} ${name} on ${table};`;
};
const fromTable = (what: string) => (key: string) => {
  const [table, name] = ownerAndName(key);
  return `alter table ${table} drop ${what} ${name};`;
};
const drop = (what: string) => (key: string) => `drop ${what} ${key};`;
/** The key as a literal: it is an identifier, quoted where it has to be. */
const literal = (key: string) => `'${key.replace(/^"|"$/g, '').replaceAll('""', '"').replaceAll("'", "''")}'`;

const dropOf: Record<string, (key: string, item: ResidueItem) => string> = {
  'catalog.tables': (key, { changes }) => {
    const kind = (changes[0]?.after as { kind?: string } | undefined)?.kind;
    return `drop ${kind === 'v' ? 'view' : kind === 'm' ? 'materialized view' : kind === 'f' ? 'foreign table' : 'table'} ${key};`;
  },
  'catalog.columns': fromTable('column'),
  'catalog.constraints': fromTable('constraint'),
  'catalog.indexes': drop('index concurrently'),
  'catalog.sequences': drop('sequence'),
  'catalog.triggers': onTable('trigger'),
  'catalog.policies': onTable('policy'),
  'catalog.rules': onTable('rule'),
  'catalog.statistics': drop('statistics'),
  'catalog.schemas': drop('schema'),
  'catalog.types': drop('type'),
  'catalog.functions': drop('routine'),
  'catalog.extensions': drop('extension'),
  'catalog.eventTriggers': drop('event trigger'),
  'catalog.foreignServers': drop('server'),
  'catalog.roles': drop('role'),
  'catalog.publications': drop('publication'),
  'catalog.subscriptions': drop('subscription'),
  'catalog.replicationSlots': (key) => `select pg_drop_replication_slot(${literal(key)});`,
  'catalog.preparedTransactions': (key) => `rollback prepared ${key};`,
  'catalog.settings': (key) => `alter system reset ${key};`,
};

/** The SQL that takes away what was added to the catalog. It is shown, never run: what else hangs on it is for people to know. */
export function catalogCommand(item: ResidueItem): string | undefined {
  if (item.change === 'behind') return setForward(item);
  return item.change === 'added' ? dropOf[item.probe]?.(item.key, item) : undefined;
}

/** To the furthest of its column, of where it stands, and of where it stood. */
function setForward({ key, changes: [change] }: ResidueItem): string | undefined {
  const now = change?.after as SequenceValue | undefined;
  const before = change?.before as SequenceValue | undefined;
  const reached = [now?.furthestKey, now?.last, before?.last].flatMap((text) => (text ? [BigInt(text)] : []));
  const down = now?.increment.startsWith('-') === true;
  const [furthest] = reached.sort((a, b) => (a === b ? 0 : a < b === down ? -1 : 1));
  if (furthest === undefined) return undefined;
  return `select setval('${key.replaceAll("'", "''")}', ${furthest});`;
}
