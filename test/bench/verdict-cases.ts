import { explainTraced } from '../../src/verdict/hazards/explain.js';
import type { ScenarioInput } from '../../src/model/scenario.js';
import { hazardCases, type HazardCase } from '../integration/steps/hazard-table.js';
import { traceScript } from '../integration/steps/twin-run.js';

type Job = NonNullable<ScenarioInput['background']>[string];
export type Endpoint = NonNullable<ScenarioInput['traffic']['endpoints']>[string];

/** SQL of one step. In every text of a case, @ stands for its schema. */
export interface CaseStep {
  sql: string;
  transaction: 'file' | 'statement';
  /** Under a lock_timeout of its own: tried again. */
  retried: boolean;
}

/** One hazard and its twin, each on tables of its own under the same traffic, behind the same holder. */
export interface VerdictCase {
  /** Row of the hazard table, and which of its statements. */
  name: string;
  side: 'upgrade' | 'rollback';
  /** After the tables of the hazard cases. */
  setup: string;
  /** What the upgrade does where the hazard is on the way back. */
  before: CaseStep | undefined;
  /** Expected NO-GO; undefined: the row has no harmful side. */
  unsafe: CaseStep[] | undefined;
  /** Its step fails, and so ends its side of the rehearsal: under load, or in the trace pass already. */
  fails: false | 'loaded' | 'traced';
  /** Expected GO. */
  safe: CaseStep[];
  job: Pick<Job, 'kind' | 'sql'>;
  /** How long the job holds its locks before a step of the hazard begins. */
  startBeforeMs: number;
  traffic: { unsafe: Record<string, Endpoint>; safe: Record<string, Endpoint> };
}

export const usualStartBeforeMs = 200;
/** Rows of t, which is what batches of 5 000 need more than one of. */
export const rowsOfT = 6_000;

const keyOfT = `\${random.int(1,${rowsOfT})}`;
const keyOfP = '${random.int(1,100)}';
const t: Record<string, Endpoint> = {
  'read t': { sql: { text: 'select id, qty from @.t where id = $1', values: [keyOfT] } },
  'write t': { sql: { text: 'update @.t set qty = qty + 1 where id = $1', values: [keyOfT] } },
};
const p: Record<string, Endpoint> = {
  'read p': { sql: { text: 'select id, name from @.p where id = $1', values: [keyOfP] } },
  'write p': { sql: { text: 'update @.p set name = name where id = $1', values: [keyOfP] } },
};
const part: Record<string, Endpoint> = {
  'read part': { sql: { text: 'select id from @.part where at = $1', values: ['${random.int(0,9)}'] } },
  'write part': {
    sql: { text: 'update @.part set id = id where at = $1', values: ['${random.int(0,9)}'] },
  },
  'write the rest': {
    sql: { text: 'update @.part set id = id where at = 100 and id = $1', values: ['${random.int(0,9)}'] },
  },
};
const partWithoutDefault = { 'read part': part['read part']!, 'write part': part['write part']! };

/** A case of the hazard table, by its full name, and how traffic meets it. */
interface Chosen {
  of: string;
  name?: string;
  traffic?: Record<string, Endpoint>;
  job?: VerdictCase['job'];
  fails?: VerdictCase['fails'];
  /** There is nothing to warn of. */
  harmless?: true;
}

const both = { ...t, ...p };
const reading = (table: string): VerdictCase['job'] => ({
  kind: 'query',
  sql: `select count(*) from @.${table}`,
});
const readingBoth: VerdictCase['job'] = {
  kind: 'query',
  sql: 'select count(*) from @.t join @.p on p.id = t.p_id',
};
const oldSnapshot: VerdictCase['job'] = {
  kind: 'query',
  sql: 'set transaction isolation level repeatable read; select 1 from @.p',
};

const chosen: Chosen[] = [
  { of: '1 ADD COLUMN constant' },
  { of: '2 ADD COLUMN default gen_random_uuid()' },
  { of: '2 ADD COLUMN bigserial' },
  { of: '2 ADD COLUMN STORED generated' },
  { of: '3 ADD COLUMN VIRTUAL generated' },
  { of: '4 ADD COLUMN REFERENCES', traffic: both, job: readingBoth },
  { of: '5 TYPE name → varchar(100)' },
  { of: '6 TYPE p_id → bigint' },
  { of: '7 timestamptz → timestamp elsewhere' },
  { of: '8 SET NOT NULL' },
  { of: '9 ADD CHECK' },
  { of: '10 ADD NOT NULL NOT VALID' },
  { of: '11 ADD FOREIGN KEY', traffic: both, job: readingBoth },
  { of: '12 VALIDATE FOREIGN KEY', traffic: both, job: readingBoth, harmless: true },
  { of: '13 DROP FOREIGN KEY', traffic: both, job: readingBoth },
  // It locks t first, which nobody uses any more: who is in the way stands at p.
  { of: '13 DROP the child table', traffic: p, job: reading('p') },
  { of: '14 CREATE INDEX' },
  { of: '15 DROP INDEX' },
  { of: '15 REINDEX' },
  {
    of: '16 CREATE INDEX CONCURRENTLY behind a writer, with lock_timeout',
    job: { kind: 'longTransaction', sql: 'update @.t set qty = 2 where id = 1' },
    fails: 'loaded',
  },
  { of: '17 CREATE INDEX CONCURRENTLY behind an old snapshot', job: oldSnapshot, fails: 'loaded' },
  { of: '18 REINDEX CONCURRENTLY cut short', job: oldSnapshot, fails: 'loaded' },
  { of: '19 ADD UNIQUE' },
  { of: '19 ADD UNIQUE USING INDEX' },
  {
    of: '20 an ALTER that queues behind a long SELECT: its lock is the same, its queue is not seen on a clone',
    name: '20 ALTER behind idle in transaction',
    job: { ...reading('t'), kind: 'idleInTransaction' },
  },
  { of: '22 backfill of the whole table' },
  { of: '23 ATTACH PARTITION with a default', traffic: part, job: reading('part') },
  { of: '23 CREATE PARTITION OF with a default', traffic: part, job: reading('part') },
  { of: '23 DETACH PARTITION', traffic: partWithoutDefault, job: reading('part') },
  { of: '24 enum ADD VALUE used in the same transaction', fails: 'traced' },
  { of: '25 DROP TRIGGER' },
];

/** Rows and cases of the hazard table that are not in the matrix, and why. */
export const leftOut = [
  '12 VALIDATE FOREIGN KEY has no unsafe side: it blocks neither reads nor writes',
  '23 DETACH CONCURRENTLY cut short: its twin finishes what was cut short, and does not stand alone',
  '25 SET STATISTICS, fillfactor, COMMENT; 9, 10 VALIDATE: they block nobody, and are no hazards',
  'VACUUM FULL, TRUNCATE, ALTER DOMAIN: in no row, or without a twin',
];

/**
 * Twins, with what they need done before them, are made as dten makes them: from a trace of the statement. What waits
 * for old transactions by itself (CONCURRENTLY) is a step of its own, so that what comes after it meets one as well.
 */
export async function verdictCases(url: string): Promise<VerdictCase[]> {
  let made = 0;
  const twinOf = async (hazard: HazardCase, side: 'upgrade' | 'rollback' = 'upgrade') => {
    const { report } = await traceScript(url, `matrix_${made++}`, hazard, hazard.sql, { side });
    const twin = explainTraced(report, report.statements.at(-1)!)?.twin;
    if (twin === undefined) throw new Error(`no twin of ${hazard.hazard}`);
    const parts = /CONCURRENTLY/.test(twin) ? twin.split(/\n(?=SET lock_timeout)/) : [twin];
    return parts.map((sql) => retried(`${hazard.twinAfter ?? ''}\n${sql}`));
  };
  const cases: VerdictCase[] = [];
  for (const one of chosen) {
    const hazard = tableCase(one.of);
    const traffic = one.traffic ?? t;
    const safe = await twinOf(hazard);
    cases.push({
      ...usual(one.name ?? one.of),
      setup: hazard.setup ?? '',
      unsafe: one.harmless ? undefined : [asWritten(hazard.sql, hazard.transaction)],
      fails: one.fails ?? false,
      safe,
      job: one.job ?? reading('t'),
      traffic: { unsafe: traffic, safe: traffic },
    });
  }
  return [...cases, ...(await ownCases(twinOf))];
}

/** Hazards that show in errors, in lost data or as a deadlock: what traffic does matters as much as the statement. */
async function ownCases(
  twinOf: (hazard: HazardCase, side?: 'upgrade' | 'rollback') => Promise<CaseStep[]>,
): Promise<VerdictCase[]> {
  const deadlock = tableCase('21 UPDATE t then ALTER p, in one transaction');
  const column = tableCase('26 ADD COLUMN under a prepared SELECT *: who prepared it is not seen on a clone');
  const addColumn = await twinOf(column);
  const swap = tableCase('29 a column renamed, and its trigger dropped, in separate transactions');
  const pThenT: Record<string, Endpoint> = {
    'write p then t': { weight: 3, sql: { text: 'select @.p_then_t($1)', values: [keyOfP] } },
  };
  return [
    {
      ...usual('21 UPDATE t then ALTER p, traffic p then t'),
      setup: `create function p_then_t(key int) returns void language plpgsql set search_path from current as $$
        begin
          update p set name = name where id = key;
          perform pg_sleep(0.1);
          update t set qty = qty + 1 where id = 1;
        end $$;`,
      unsafe: [asWritten(deadlock.sql, 'file')],
      fails: 'loaded',
      safe: await twinOf(deadlock),
      job: reading('p'),
      traffic: { unsafe: pThenT, safe: pThenT },
    },
    {
      // The statement is its own twin: who names the columns is safe.
      ...usual('26 ADD COLUMN under prepared SELECT *'),
      setup: '',
      unsafe: addColumn,
      safe: addColumn,
      job: reading('t'),
      traffic: {
        unsafe: { ...t, 'read t': { sql: { text: 'select * from @.t where id = $1', values: [keyOfT] } } },
        safe: t,
      },
    },
    {
      ...usual('29 column and trigger swapped in separate transactions'),
      setup: `create function stamp() returns trigger language plpgsql as 'begin new.note := ''x''; return new; end';
        create trigger g before update on t for each row execute function stamp();`,
      unsafe: swap.sql.split('; ').map((sql) => retried(`set lock_timeout = '300ms';\n${sql};`)),
      safe: await twinOf(swap),
      job: reading('t'),
      startBeforeMs: 1_000,
      traffic: { unsafe: t, safe: t },
    },
    await wayBack('27 down: DROP COLUMN', twinOf, {
      up: 'alter table t add column if not exists remark text',
      down: 'alter table t drop column remark',
      column: 'remark',
      length: 8,
    }),
    await wayBack('28 down: varchar 200 → 50 USING left()', twinOf, {
      up: 'alter table t alter column name type varchar(200)',
      down: 'alter table t alter column name type varchar(50) using left(name, 50)',
      column: 'name',
      length: 80,
    }),
    {
      ...(await wayBack('28 down: varchar 200 → 50', twinOf, {
        up: 'alter table t alter column name type varchar(200)',
        down: 'alter table t alter column name type varchar(50)',
        column: 'name',
        length: 80,
      })),
      fails: 'loaded',
    },
  ];
}

interface WayBack {
  up: string;
  down: string;
  /** Written between the two, with so many characters. */
  column: string;
  length: number;
}

/** What the upgrade made possible is written until the rollback takes it away; a ledger keeps it. */
async function wayBack(
  name: string,
  twinOf: (hazard: HazardCase, side?: 'upgrade' | 'rollback') => Promise<CaseStep[]>,
  { up, down, column, length }: WayBack,
): Promise<VerdictCase> {
  const filled = `${up}; update t set ${column} = repeat('x', ${length}) where id = 1`;
  const hazard = { hazard: name, setup: filled, sql: down, expected: { locks: [] } };
  const written: Endpoint = {
    expect: { rows: 1 },
    sql: { text: 'update @.t set qty = qty + 1 where id = $1', values: [keyOfT] },
    variants: [
      {
        from: `upgrade.${name}`,
        until: `rollback.${name}`,
        sql: {
          text: `update @.t set ${column} = $2 where id = $1`,
          values: [keyOfT, `\${random.string(${length})}`],
        },
        writes: [`@.t.${column}`],
      },
    ],
    ledger: {
      entity: name,
      op: 'update',
      key: '${request.values.1}',
      values: { [column]: '${request.values.2}' },
      find: `select id, ${column} from @.t where id = any($1)`,
    },
  };
  const traffic = { ...t, 'write new t': written };
  return {
    ...usual(name),
    side: 'rollback',
    setup: '',
    before: retried(`set lock_timeout = '300ms';\n${up};`),
    unsafe: [asWritten(down)],
    safe: await twinOf(hazard, 'rollback'),
    job: reading('t'),
    traffic: { unsafe: traffic, safe: traffic },
  };
}

function usual(name: string): Pick<VerdictCase, 'name' | 'side' | 'before' | 'fails' | 'startBeforeMs'> {
  return { name, side: 'upgrade', before: undefined, fails: false, startBeforeMs: usualStartBeforeMs };
}

function tableCase(name: string): HazardCase {
  const found = hazardCases.find(({ hazard }) => hazard === name);
  if (!found) throw new Error(`no hazard case ${name}`);
  return found;
}

function asWritten(sql: string, transaction: CaseStep['transaction'] = 'statement'): CaseStep {
  return { sql: `${sql};`, transaction, retried: false };
}

function retried(sql: string): CaseStep {
  return { sql, transaction: 'statement', retried: true };
}
