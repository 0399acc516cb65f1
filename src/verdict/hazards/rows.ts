import { formatCount } from '../../foundation/units.js';
import type { ExplainStatement } from './hazard.js';
import { inBatches, patient } from './twin-sql.js';

/** Fewer rows than this in one transaction are a write like any other. */
const manyRows = 1_000;

/** Hazard 22: UPDATE or DELETE of many rows in one transaction. */
export const explainRows: ExplainStatement = ({ parts, statement }) => {
  const { rows, table, key } = parts;
  if (!rows || table === undefined) return undefined;
  const touched = statement.rows ?? 0;
  if (touched < manyRows && rows.where !== undefined) return undefined;
  const only = key?.length === 1 ? key[0] : undefined;
  return {
    number: 22,
    name:
      rows.verb === 'update' ? 'a backfill in one transaction' : 'a DELETE of many rows in one transaction',
    explanation: `it locks ${touched > 0 ? `${formatCount(touched)} rows` : 'every row'} of ${table} until its transaction ends: whoever writes one of them waits for all the rest (as transactionid, which names no table)`,
    remedy:
      'do it in batches by primary key, each with its own COMMIT: a writer then waits for one batch at most',
    twin:
      only === undefined
        ? undefined
        : [
            patient(
              inBatches({
                table,
                head: rows.head,
                alias: rows.alias,
                ...(rows.where === undefined ? {} : { where: rows.where }),
                key: only,
              }),
              'in batches of 5000, each committed; not inside a transaction block',
            ),
          ],
    heavy: true,
  };
};
