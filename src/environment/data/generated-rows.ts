import { finished } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { RunContext } from '../../model/contracts.js';
import type { ColumnGenerator } from '../../model/scenario.js';
import { quoteIdent, quoteLiteral, quoteQualified } from '../database/quote.js';
import type { DriverSession } from '../database/session.js';
import { columnText, type ColumnText } from './column-generator.js';
import { dataError } from './data-error.js';

export interface RowsSpec {
  count: number;
  columns: Record<string, ColumnGenerator>;
}

/** Large enough for the kernel and Postgres to work in big pieces, small enough to stay in the CPU's cache. */
const chunkLength = 256 * 1024;

/** Chunks of COPY text of rows `from`..`to` (from 1, both included). */
export function* rowChunks(columns: readonly ColumnText[], from: number, to: number): Generator<string> {
  const [first, ...rest] = columns;
  let chunk = '';
  for (let row = from; row <= to; row++) {
    if (first) chunk += first(row);
    for (const column of rest) chunk += `\t${column(row)}`;
    chunk += '\n';
    if (chunk.length >= chunkLength) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

/** Fills a table by COPY, and moves the sequences behind its columns past what was written. */
export async function generateRows(
  ctx: RunContext,
  session: DriverSession,
  table: string,
  spec: RowsSpec,
  where: string,
): Promise<void> {
  const columns = Object.entries(spec.columns).map(([column, generator]) => {
    try {
      return columnText(ctx.plan.seed, table, column, generator);
    } catch (error) {
      throw dataError(`${where}.columns.${column}`, error);
    }
  });
  const names = Object.keys(spec.columns);
  const target = `${quoteQualified(table)} (${names.map(quoteIdent).join(', ')})`;
  const stream = session.client.query(copyFrom(`COPY ${target} FROM STDIN`));
  const done = finished(stream);
  done.catch(() => undefined);
  try {
    for (const chunk of rowChunks(columns, 1, spec.count)) {
      ctx.signal.throwIfAborted();
      if (!stream.write(chunk)) {
        await Promise.race([new Promise((resolve) => stream.once('drain', resolve)), done]);
      }
    }
    stream.end();
    await done;
  } catch (error) {
    stream.destroy();
    if (ctx.signal.aborted) throw error;
    throw dataError(where, error, 'the table and its columns must exist: make them in an sql entry before');
  }
  await moveSequences(session, table, names);
}

/** Else the application's first INSERT would draw a number that a generated row has. */
async function moveSequences(session: DriverSession, table: string, columns: string[]): Promise<void> {
  const target = quoteQualified(table);
  for (const column of columns) {
    const { rows } = await session.query('select pg_get_serial_sequence($1, $2) as name', [target, column]);
    const sequence = rows[0]?.name;
    if (typeof sequence !== 'string') continue;
    const at = `(select max(${quoteIdent(column)}) from ${target})`;
    await session.query(`select setval(${quoteLiteral(sequence)}, ${at}) where ${at} >= 1`);
  }
}
