import { messageOf } from '../foundation/errors.js';
import type { Database, PgSession } from '../model/contracts.js';
import type { InvariantReading } from '../model/ledger.js';
import type { InvariantSpec } from '../model/scenario.js';
import { asSubquery, statementOf } from './find-text.js';

const sampleRows = 5;
const statementTimeoutMs = 20_000;

/** What an invariant's query returned before the traffic: what `same` is held against. */
export interface InvariantBaseline {
  digest: string;
  sample: string[];
}

/**
 * Reads every invariant, one query each. `before`: the readings before the traffic, filled in by the call that is
 * `first`: no later reading ever stands in for one that is missing. An invariant that cannot be read says why.
 */
export async function readInvariants(
  database: Pick<Database, 'connect' | 'defaultRole'>,
  invariants: Readonly<Record<string, InvariantSpec>>,
  { before, first: isFirst }: { before: Map<string, InvariantBaseline>; first: boolean },
  nowMs: () => number,
): Promise<InvariantReading[]> {
  const readings: InvariantReading[] = [];
  for (const [name, { sql, role = database.defaultRole('traffic'), expect }] of Object.entries(invariants)) {
    const fromMs = nowMs();
    try {
      await using session = await database.connect({
        consumer: { kind: 'observer', name: 'invariants' },
        role,
      });
      const { rows, digest, sample } = await read(session, sql);
      const known = before.get(name);
      if (isFirst) before.set(name, { digest, sample });
      const holds = expect === 'nothing' ? rows === 0 : isFirst || known?.digest === digest;
      readings.push({
        name,
        expect,
        ...(expect === 'nothing' || isFirst || known
          ? { holds }
          : { error: 'it could not be read before the traffic' }),
        rows,
        sample,
        ...(!holds && expect === 'same' && known && { before: known.sample }),
        tookMs: nowMs() - fromMs,
      });
    } catch (error) {
      readings.push({ name, expect, sample: [], error: messageOf(error), tookMs: nowMs() - fromMs });
    }
  }
  return readings;
}

/** Rows as JSON texts, sorted by their bytes, so that the order in which they come does not matter. */
async function read(
  session: PgSession,
  sql: string,
): Promise<{ rows: number; digest: string; sample: string[] }> {
  await session.query(
    `set statement_timeout = ${statementTimeoutMs}; set default_transaction_read_only = on; set timezone = 'UTC'`,
  );
  const { rows } = await session.query(`
    with asked as (select to_json(found)::text as line from ${asSubquery(await statementOf(sql), 'found')})
    select count(*)::text as n,
           md5(coalesce(string_agg(line, chr(10) order by line collate "C"), '')) as digest,
           (array_agg(line order by line collate "C"))[1:${sampleRows}] as sample
      from asked`);
  const [row] = rows;
  return {
    rows: Number(row?.n ?? 0),
    digest: String(row?.digest),
    sample: (row?.sample as string[] | null) ?? [],
  };
}
