import type { ExplainAction, ExplainStatement } from './hazard.js';
import { brief, madeName, patient, type TwinStatement } from './twin-sql.js';

interface Attach {
  parent: string;
  child: string;
  /** What every row of the child satisfies. */
  constraint: string;
  /** The default partition, which must hold none of them. */
  fallback: string | undefined;
  attach: string;
}

/** A validated CHECK on the child and on the default partition spares ATTACH both of its scans under AccessExclusive. */
function attachProven({ child, constraint, fallback, attach }: Attach): TwinStatement[] {
  const bound = madeName(child, 'bound');
  const none = fallback === undefined ? '' : madeName(fallback, 'not', child);
  const validated = (table: string, name: string, condition: string) => [
    brief(`ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${condition}) NOT VALID`),
    patient(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`, 'scans, and blocks neither reads nor writes'),
  ];
  return [
    ...validated(child, bound, constraint),
    ...(fallback === undefined ? [] : validated(fallback, none, `NOT (${constraint})`)),
    brief(attach, 'no scan: the CHECKs prove it'),
    brief(`ALTER TABLE ${child} DROP CONSTRAINT ${bound}`),
    ...(fallback === undefined ? [] : [brief(`ALTER TABLE ${fallback} DROP CONSTRAINT ${none}`)]),
  ];
}

/** Hazard 23: ATTACH and DETACH PARTITION. */
export const explainPartition: ExplainAction = ({ action, table, parts, statement }) => {
  const { partition } = action;
  if (!partition) return undefined;
  if (action.kind === 'AttachPartition') {
    const fallback = parts.partition?.default;
    const scans = statement.scans.some(({ kind }) => kind === 'verify' || kind === 'validate');
    const attach = `ALTER TABLE ${table} ${action.text}`;
    return {
      number: 23,
      name: fallback === undefined ? 'ATTACH PARTITION' : 'ATTACH PARTITION where there is a default',
      explanation: scans
        ? `it reads ${fallback === undefined ? partition.name : `${partition.name}, and all of the default partition ${fallback},`} under AccessExclusiveLock: nobody reads or writes them until every row is checked`
        : `it takes ShareUpdateExclusiveLock on ${table} and AccessExclusiveLock on ${partition.name}${fallback === undefined ? '' : ` and on ${fallback}`} for a moment, and reads no row`,
      remedy: scans
        ? 'prove by validated CHECKs that the new partition holds only its rows, and the default none of them; ATTACH then scans nothing'
        : 'give it a lock_timeout below what your users notice, and retries',
      twin: !scans
        ? [brief(attach)]
        : parts.partition &&
          attachProven({
            parent: table,
            child: partition.name,
            constraint: parts.partition.constraint,
            fallback,
            attach,
          }),
      heavy: scans,
    };
  }
  if (action.kind === 'DetachPartitionFinalize' || partition.concurrently) {
    const pending = statement.pendingDetaches ?? [];
    return {
      number: 23,
      name: pending.length > 0 ? 'DETACH PARTITION CONCURRENTLY cut short' : 'DETACH PARTITION CONCURRENTLY',
      explanation:
        pending.length > 0
          ? `${pending.join(', ')} is half detached (inhdetachpending): no query sees its rows through ${table} any more, and no other partition can be detached CONCURRENTLY`
          : `it takes ShareUpdateExclusiveLock on ${table} and waits for older transactions; reads and writes go on`,
      remedy:
        pending.length > 0
          ? 'finish it: DETACH PARTITION … FINALIZE'
          : 'run it without a lock_timeout; cut short, it is finished by DETACH PARTITION … FINALIZE',
      twin: [
        pending.length > 0
          ? brief(`ALTER TABLE ${table} DETACH PARTITION ${partition.name} FINALIZE`)
          : patient(`ALTER TABLE ${table} ${action.text}`),
      ],
      heavy: pending.length > 0,
    };
  }
  const fallback = statement.locks.some(
    ({ relation, mode }) => relation !== table && mode === 'AccessExclusiveLock' && /default/.test(relation),
  );
  return {
    number: 23,
    name: 'DETACH PARTITION',
    explanation: `it takes AccessExclusiveLock on ${table} and ${partition.name}: all reads and writes of the whole table wait while it waits`,
    remedy: fallback
      ? 'give it a lock_timeout and retries: CONCURRENTLY is refused where there is a default partition'
      : 'DETACH PARTITION … CONCURRENTLY, outside a transaction (refused where there is a default partition; it leaves a CHECK with the old bound on the partition)',
    twin: fallback
      ? [brief(`ALTER TABLE ${table} ${action.text}`)]
      : [patient(`ALTER TABLE ${table} ${action.text} CONCURRENTLY`)],
    heavy: true,
  };
};

/** Hazard 23: CREATE TABLE … PARTITION OF. */
export const explainPartitionOf: ExplainStatement = ({ parts, statement }) => {
  const { partitionOf, table, partition } = parts;
  if (!partitionOf || table === undefined) return undefined;
  const { parent, bound } = partitionOf;
  const fallback = partition?.default;
  const scans = statement.scans.some(({ kind }) => kind === 'verify' || kind === 'validate');
  const attach = `ALTER TABLE ${parent} ATTACH PARTITION ${table} ${bound}`;
  const create = patient(
    `CREATE TABLE ${table} (LIKE ${parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)`,
  );
  return {
    number: 23,
    name: 'CREATE TABLE … PARTITION OF',
    explanation:
      `it takes AccessExclusiveLock on ${parent}${fallback === undefined ? '' : ` and on the default partition ${fallback}`}: every read and write of the whole table waits while it waits` +
      (scans ? `, and while it reads all of ${fallback ?? 'the default partition'}` : ''),
    remedy:
      'create it as a table of its own and ATTACH it: that takes ShareUpdateExclusiveLock on the parent, which blocks neither reads nor writes',
    twin:
      partition === undefined
        ? undefined
        : [
            create,
            ...attachProven({ parent, child: table, constraint: partition.constraint, fallback, attach }),
          ],
    heavy: true,
  };
};
