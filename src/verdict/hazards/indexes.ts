import type { ExplainStatement, Explained, HazardContext } from './hazard.js';
import { patient } from './twin-sql.js';

/** Hazards 14–18: indexes. */
export const explainIndex: ExplainStatement = (context) => {
  const { index, drops, reindexes } = context.parts;
  if (index) return index.concurrently ? concurrent(context) : building(context);
  if (drops?.kind === 'index') return dropping(context);
  if (reindexes) return reindexes.concurrently ? reindexedConcurrently(context) : reindexing(context);
  return undefined;
};

function building({ parts }: HazardContext): Explained {
  const table = parts.table ?? 'the table';
  return {
    number: 14,
    name: 'CREATE INDEX',
    explanation: `it reads all of ${table} under ShareLock: reads go on, every write to ${table} waits until the index is built`,
    remedy:
      'CREATE INDEX CONCURRENTLY, outside a transaction and without a lock_timeout; if it fails it leaves an invalid index, to be dropped before another try',
    twin: parts.index ? [patient(parts.index.concurrentText)] : undefined,
    heavy: true,
  };
}

/** What CONCURRENTLY leaves when it is cut short, and how to begin again. */
function concurrent({ parts, statement }: HazardContext): Explained {
  const { index, table = 'the table' } = parts;
  const [left] = statement.invalidIndexes;
  if (left === undefined || !index) {
    return {
      number: 14,
      name: 'CREATE INDEX CONCURRENTLY',
      explanation: `it builds the index under ShareUpdateExclusiveLock on ${table}, which blocks neither reads nor writes, and waits for older transactions to end`,
      remedy:
        'run it without a lock_timeout: one that fires while it waits for a transaction leaves an invalid index',
      twin: [patient(parts.index?.concurrentText ?? statement.statement)],
      heavy: false,
    };
  }
  const built = statement.scans.some(({ kind }) => kind === 'build index');
  return {
    number: built ? 17 : 16,
    name: built
      ? 'CREATE INDEX CONCURRENTLY behind an old snapshot'
      : 'CREATE INDEX CONCURRENTLY behind a writer, with a lock_timeout',
    explanation:
      `it was cut short while it waited for another transaction, and left ${left} invalid: ` +
      (built
        ? 'every write now keeps it up to date, no read uses it'
        : 'it is there by name and holds nothing') +
      `; a second try fails with 42P07, and ${index.ifNotExists ? 'this IF NOT EXISTS' : 'one with IF NOT EXISTS'} would take the invalid index for the wanted one`,
    remedy:
      'drop the invalid index, take the lock_timeout away, and build it again when no long transaction is open',
    twin: [patient(`DROP INDEX CONCURRENTLY IF EXISTS ${left}`), patient(index.concurrentText)],
    heavy: true,
  };
}

function dropping({ parts }: HazardContext): Explained | undefined {
  const { drops } = parts;
  if (!drops) return undefined;
  const names = drops.names.join(', ');
  if (drops.concurrently) {
    return {
      number: 15,
      name: 'DROP INDEX CONCURRENTLY',
      explanation: `it waits until nobody uses ${names} and blocks nobody meanwhile`,
      remedy:
        'run it without a lock_timeout: cut short, it leaves the index invalid, and is simply run again',
      twin: drops.names.map((name) => patient(`DROP INDEX CONCURRENTLY ${name}`)),
      heavy: false,
    };
  }
  return {
    number: 15,
    name: 'DROP INDEX',
    explanation: `it takes AccessExclusiveLock on the index and on its table: reads wait as well, and while it waits in the queue everybody waits behind it`,
    remedy: 'DROP INDEX CONCURRENTLY, outside a transaction',
    // CONCURRENTLY takes one index a statement, and no CASCADE.
    twin: drops.cascades ? undefined : drops.names.map((name) => patient(`DROP INDEX CONCURRENTLY ${name}`)),
    heavy: true,
  };
}

function reindexing({ parts, statement }: HazardContext): Explained {
  const { reindexes } = parts;
  return {
    number: 15,
    name: 'REINDEX',
    explanation: `it builds ${statement.rewrites.join(', ') || 'the index'} anew under ShareLock on the table and AccessExclusiveLock on the index: writes wait, and so does every read whose plan looks at that index`,
    remedy: 'REINDEX … CONCURRENTLY, outside a transaction and without a lock_timeout',
    twin: reindexes?.concurrentText === undefined ? undefined : [patient(reindexes.concurrentText)],
    heavy: true,
  };
}

function reindexedConcurrently({ statement }: HazardContext): Explained {
  const left = statement.invalidIndexes;
  if (left.length === 0) {
    return {
      number: 15,
      name: 'REINDEX CONCURRENTLY',
      explanation:
        'it builds a second index beside the old one under ShareUpdateExclusiveLock and swaps them: neither reads nor writes wait',
      remedy: 'run it without a lock_timeout: cut short, it leaves an invalid index with _ccnew in its name',
      twin: [patient(statement.statement)],
      heavy: false,
    };
  }
  return {
    number: 18,
    name: 'REINDEX CONCURRENTLY cut short',
    explanation: `it left ${left.join(', ')} invalid: every write keeps it up to date, no read uses it; the old index still serves`,
    remedy: 'drop what it left, and run it again without a lock_timeout when no long transaction is open',
    twin: [
      ...left.map((name) => patient(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`)),
      patient(statement.statement),
    ],
    heavy: true,
  };
}
