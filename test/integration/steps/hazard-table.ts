/** What the trace of the case's last statement must show, exactly. */
export interface HazardExpectation {
  /** `relation Mode` without its `Lock`, of relations that others can wait for. */
  locks: string[];
  rewrites?: string[];
  /** `kind relation` */
  scans?: string[];
  invalidIndexes?: string[];
  unvalidated?: string[];
  /** SQLSTATE of the failure. */
  fails?: string;
  /** Locks come from polling: brief ones (on an index or TOAST) may be missing. */
  polled?: true;
}

export interface HazardCase {
  /** Row of the hazard table, and what is done. */
  hazard: string;
  /** The hazard's safe way, or a variant without its harm. */
  safe?: true;
  minVersion?: number;
  setup?: string;
  /** Traced; the last statement is judged. */
  sql: string;
  transaction?: 'file' | 'statement';
  /** Runs in another session's open transaction meanwhile. */
  holder?: string;
  expected: HazardExpectation;
  /** The row that explains its last statement, where that is another one than the case's name says. */
  row?: string;
  /** What the twin needs done before it: what earlier statements of the case did. */
  twinAfter?: string;
}

/** p (100 rows) ← t (1 000 rows, two indexes, a TOAST table). */
export const hazardSchema = `
  create table p (id int primary key, name text);
  insert into p select g, 'p' || g from generate_series(1, 100) g;
  create table t (
    id int primary key, p_id int default 1, name varchar(50), note text, amount numeric(10,2), at timestamptz default now(),
    qty int default 1);
  insert into t select g, 1 + g % 100, 'n' || g, 'x', g, now(), 1 from generate_series(1, 1000) g;
  create index t_qty on t (qty);
  create function touch() returns trigger language plpgsql as 'begin return new; end';
`;

const t = ['t', 't_pkey', 't_qty'];
const rewritten = { rewrites: t, scans: ['rewrite t', 'build index t'] };
const everything = ['t', 't (toast)', 't (toast index)', 't_pkey', 't_qty'];
const rewriteLocks = everything.map((relation) => `${relation} AccessExclusive`);

const addColumn = (hazard: string, definition: string, rest: Partial<HazardCase> = {}): HazardCase => ({
  hazard,
  sql: `alter table t add column c ${definition}`,
  expected: { locks: ['t AccessExclusive'] },
  ...rest,
});
const setType = (hazard: string, column: string, type: string, rewrites: boolean): HazardCase => ({
  hazard: `${hazard} TYPE ${column} → ${type}`,
  ...(rewrites ? {} : { safe: true as const }),
  sql: `alter table t alter column ${column} type ${type}`,
  expected: rewrites ? { locks: rewriteLocks, ...rewritten } : { locks: ['t AccessExclusive'] },
});

const foreignKey = 'alter table t add constraint t_p foreign key (p_id) references p (id)';
/** The query that checks a foreign key plans over every index of both tables. */
const readIndexes = ['p_pkey AccessShare', 't_pkey AccessShare', 't_qty AccessShare'];
const partitioned = `
  create table part (id int, at int not null) partition by range (at);
  create table part_1 partition of part for values from (0) to (10);
  create table part_default partition of part default;
  create table part_new (id int, at int not null);
  insert into part select g, g from generate_series(0, 9) g;
  insert into part select g, 100 from generate_series(0, 9) g;
`;

export const hazardCases: HazardCase[] = [
  addColumn('1 ADD COLUMN null', 'int'),
  addColumn('1 ADD COLUMN constant', 'int not null default 5'),
  addColumn('1 ADD COLUMN now()', 'timestamptz default now()'),

  ...(
    [
      ['default clock_timestamp()', 'timestamptz default clock_timestamp()'],
      ['default gen_random_uuid()', 'uuid default gen_random_uuid()'],
      ['bigserial', 'bigserial'],
      ['identity', 'int generated always as identity'],
      ['STORED generated', 'int generated always as (qty + 1) stored'],
    ] as const
  ).map(([name, definition]) =>
    addColumn(`2 ADD COLUMN ${name}`, definition, { expected: { locks: rewriteLocks, ...rewritten } }),
  ),
  addColumn('2 ADD COLUMN constrained domain', 'positive default 1', {
    setup: 'create domain positive as int check (value > 0)',
    expected: { locks: rewriteLocks, ...rewritten },
  }),
  addColumn('3 ADD COLUMN VIRTUAL generated', 'int generated always as (qty + 1) virtual', {
    safe: true,
    minVersion: 18,
  }),
  addColumn('4 ADD COLUMN REFERENCES', 'int references p (id)', {
    expected: { locks: ['p ShareRowExclusive', 't AccessExclusive'] },
  }),

  setType('5', 'name', 'varchar(100)', false),
  setType('5', 'name', 'text', false),
  setType('5', 'amount', 'numeric(12,2)', false),
  setType('6', 'name', 'varchar(20)', true),
  setType('6', 'note', 'varchar(20)', true),
  setType('6', 'p_id', 'bigint', true),
  setType('6', 'amount', 'numeric(12,4)', true),
  {
    ...setType('6', 'note', 'jsonb', true),
    sql: 'alter table t alter column note type jsonb using to_jsonb(note)',
  },
  {
    hazard: '7 timestamptz → timestamp in UTC',
    safe: true,
    sql: "set timezone = 'UTC'; alter table t alter column at type timestamp",
    expected: { locks: ['t AccessExclusive'] },
  },
  {
    hazard: '7 timestamptz → timestamp elsewhere',
    twinAfter: "set timezone = 'Europe/Berlin';",
    sql: "set timezone = 'Europe/Berlin'; alter table t alter column at type timestamp",
    expected: { locks: rewriteLocks, ...rewritten },
  },

  {
    hazard: '8 SET NOT NULL',
    sql: 'alter table t alter column qty set not null',
    expected: { locks: ['t AccessExclusive'], scans: ['verify t'] },
  },
  {
    hazard: '8 SET NOT NULL with a validated CHECK',
    safe: true,
    setup: 'alter table t add constraint qty_there check (qty is not null)',
    sql: 'alter table t alter column qty set not null',
    expected: { locks: ['t AccessExclusive'] },
  },
  {
    hazard: '8 SET NOT NULL with a CHECK that is not validated',
    setup: 'alter table t add constraint qty_there check (qty is not null) not valid',
    sql: 'alter table t alter column qty set not null',
    expected: { locks: ['t AccessExclusive'], scans: ['verify t'] },
  },
  {
    hazard: '9 ADD CHECK',
    sql: 'alter table t add constraint c check (qty > 0)',
    expected: { locks: ['t AccessExclusive'], scans: ['verify t'] },
  },
  {
    hazard: '9 ADD CHECK NOT VALID',
    safe: true,
    sql: 'alter table t add constraint c check (qty > 0) not valid',
    expected: { locks: ['t AccessExclusive'], unvalidated: ['t.c'] },
  },
  {
    hazard: '9 VALIDATE CHECK',
    safe: true,
    setup: 'alter table t add constraint c check (qty > 0) not valid',
    sql: 'alter table t validate constraint c',
    expected: { locks: ['t ShareUpdateExclusive'], scans: ['verify t'] },
  },
  {
    hazard: '10 ADD NOT NULL NOT VALID',
    safe: true,
    minVersion: 18,
    sql: 'alter table t add constraint c not null qty not valid',
    expected: { locks: ['t AccessExclusive'], unvalidated: ['t.c'] },
  },
  {
    hazard: '10 VALIDATE NOT NULL',
    row: '9',
    safe: true,
    minVersion: 18,
    setup: 'alter table t add constraint c not null qty not valid',
    sql: 'alter table t validate constraint c',
    expected: { locks: ['t ShareUpdateExclusive'], scans: ['verify t'] },
  },

  {
    hazard: '11 ADD FOREIGN KEY',
    sql: foreignKey,
    expected: {
      locks: ['p ShareRowExclusive', 't ShareRowExclusive', ...readIndexes],
      scans: ['validate foreign key t'],
    },
  },
  {
    hazard: '11 ADD FOREIGN KEY NOT VALID',
    sql: `${foreignKey} not valid`,
    expected: { locks: ['p ShareRowExclusive', 't ShareRowExclusive'], unvalidated: ['t.t_p'] },
  },
  {
    hazard: '12 VALIDATE FOREIGN KEY',
    safe: true,
    setup: `${foreignKey} not valid`,
    sql: 'alter table t validate constraint t_p',
    expected: {
      locks: ['p RowShare', 't ShareUpdateExclusive', ...readIndexes],
      scans: ['validate foreign key t'],
    },
  },
  {
    hazard: '13 DROP FOREIGN KEY',
    setup: foreignKey,
    sql: 'alter table t drop constraint t_p',
    expected: { locks: ['p AccessExclusive', 't AccessExclusive'] },
  },
  {
    hazard: '13 DROP the child table',
    setup: foreignKey,
    sql: 'drop table t',
    expected: {
      locks: ['p AccessExclusive', ...rewriteLocks],
    },
  },

  {
    hazard: '14 CREATE INDEX',
    sql: 'create index t_name on t (name)',
    expected: { locks: ['t Share'], scans: ['build index t'] },
  },
  {
    hazard: '14 CREATE INDEX CONCURRENTLY',
    safe: true,
    sql: 'create index concurrently t_name on t (name)',
    expected: { locks: ['t ShareUpdateExclusive'], scans: ['build index t'], polled: true },
  },
  {
    hazard: '15 DROP INDEX',
    sql: 'drop index t_qty',
    expected: { locks: ['t AccessExclusive', 't_qty AccessExclusive'] },
  },
  {
    hazard: '15 DROP INDEX CONCURRENTLY',
    safe: true,
    sql: 'drop index concurrently t_qty',
    expected: { locks: ['t ShareUpdateExclusive'], polled: true },
  },
  {
    hazard: '15 REINDEX',
    sql: 'reindex index t_qty',
    expected: {
      locks: ['t Share', 't_qty AccessExclusive'],
      rewrites: ['t_qty'],
      scans: ['build index t'],
    },
  },
  {
    hazard: '15 REINDEX TABLE',
    sql: 'reindex table t',
    expected: {
      locks: [
        't Share',
        't (toast) Share',
        't (toast index) AccessExclusive',
        't_pkey AccessExclusive',
        't_qty AccessExclusive',
      ],
      rewrites: ['t_pkey', 't_qty'],
      scans: ['build index t'],
    },
  },
  {
    hazard: '15 REINDEX CONCURRENTLY',
    safe: true,
    sql: 'reindex index concurrently t_qty',
    expected: {
      locks: ['t ShareUpdateExclusive'],
      scans: ['build index t'],
      polled: true,
    },
  },
  {
    hazard: '16 CREATE INDEX CONCURRENTLY behind a writer, with lock_timeout',
    sql: "set lock_timeout = '300ms'; create index concurrently t_name on t (name)",
    holder: 'update t set qty = 2 where id = 1',
    expected: {
      locks: ['t ShareUpdateExclusive'],
      invalidIndexes: ['t_name'],
      fails: '55P03',
      polled: true,
    },
  },
  {
    hazard: '17 CREATE INDEX CONCURRENTLY behind an old snapshot',
    sql: "set lock_timeout = '300ms'; create index concurrently t_name on t (name)",
    holder: 'set transaction isolation level repeatable read; select 1 from p',
    expected: {
      locks: ['t ShareUpdateExclusive'],
      scans: ['build index t'],
      invalidIndexes: ['t_name'],
      fails: '55P03',
      polled: true,
    },
  },
  {
    hazard: '18 REINDEX CONCURRENTLY cut short',
    sql: "set lock_timeout = '300ms'; reindex index concurrently t_qty",
    holder: 'set transaction isolation level repeatable read; select 1 from p',
    expected: {
      locks: ['t ShareUpdateExclusive'],
      scans: ['build index t'],
      invalidIndexes: ['t_qty_ccnew'],
      fails: '55P03',
      polled: true,
    },
  },
  {
    hazard: '19 ADD UNIQUE',
    sql: 'alter table t add constraint u unique (name)',
    expected: { locks: ['t AccessExclusive'], scans: ['build index t'] },
  },
  {
    hazard: '19 ADD UNIQUE USING INDEX',
    safe: true,
    setup: 'create unique index u on t (name)',
    sql: 'alter table t add constraint u unique using index u',
    expected: { locks: ['t AccessExclusive', 'u AccessShare'] },
  },

  {
    hazard: '21 UPDATE t then ALTER p, in one transaction',
    row: '1',
    twinAfter: 'update t set qty = 2 where id = 1;',
    sql: 'update t set qty = 2 where id = 1; alter table p add column c int',
    transaction: 'file',
    expected: { locks: ['p AccessExclusive'] },
  },
  {
    hazard:
      '20 an ALTER that queues behind a long SELECT: its lock is the same, its queue is not seen on a clone',
    row: '1',
    sql: 'alter table t add column c int',
    expected: { locks: ['t AccessExclusive'] },
  },
  {
    hazard: '22 backfill of the whole table',
    sql: 'update t set qty = qty + 1',
    expected: { locks: ['t RowExclusive', 't_pkey RowExclusive', 't_qty RowExclusive'] },
  },

  {
    hazard: '23 ATTACH PARTITION with a default',
    setup: partitioned,
    sql: 'alter table part attach partition part_new for values from (20) to (30)',
    expected: {
      locks: ['part ShareUpdateExclusive', 'part_default AccessExclusive', 'part_new AccessExclusive'],
      scans: ['verify part_default', 'verify part_new'],
    },
  },
  {
    hazard: '23 CREATE PARTITION OF with a default',
    setup: partitioned,
    sql: 'create table part_2 partition of part for values from (20) to (30)',
    expected: {
      locks: ['part AccessExclusive', 'part_default AccessExclusive'],
      scans: ['validate part_default'],
    },
  },
  {
    hazard: '23 CREATE PARTITION OF with a default that cannot hold its rows',
    safe: true,
    setup: `${partitioned} alter table part_default add constraint none check (at not between 20 and 30);`,
    sql: 'create table part_2 partition of part for values from (20) to (30)',
    expected: { locks: ['part AccessExclusive', 'part_default AccessExclusive'] },
  },
  {
    hazard: 'ALTER DOMAIN ADD CONSTRAINT scans the tables that use it',
    setup: 'create domain small as int; create table d (a small); insert into d values (1)',
    sql: 'alter domain small add check (value < 10)',
    expected: { locks: ['d Share'], scans: ['validate d'] },
  },
  {
    hazard: '23 DETACH PARTITION',
    setup: `${partitioned} drop table part_default;`,
    sql: 'alter table part detach partition part_1',
    expected: { locks: ['part AccessExclusive', 'part_1 AccessExclusive'] },
  },
  {
    hazard: '23 DETACH PARTITION CONCURRENTLY',
    safe: true,
    setup: `${partitioned} drop table part_default;`,
    sql: 'alter table part detach partition part_1 concurrently',
    expected: { locks: ['part ShareUpdateExclusive', 'part_1 AccessExclusive'], polled: true },
  },

  {
    hazard: '23 DETACH PARTITION',
    setup: `${partitioned} drop table part_default;`,
    sql: 'alter table part detach partition part_1',
    expected: { locks: ['part AccessExclusive', 'part_1 AccessExclusive'] },
  },
  {
    hazard: '23 DETACH PARTITION CONCURRENTLY cut short',
    setup: `${partitioned} drop table part_default;`,
    sql: "set lock_timeout = '300ms'; alter table part detach partition part_1 concurrently",
    holder: 'select 1 from part',
    // part_1 only until the first of its two transactions has committed: AccessExclusive comes with the second.
    expected: {
      locks: ['part ShareUpdateExclusive', 'part_1 ShareUpdateExclusive'],
      fails: '55P03',
      polled: true,
    },
  },

  {
    hazard: '24 enum ADD VALUE',
    safe: true,
    setup: "create type mood as enum ('ok')",
    sql: "alter type mood add value 'good'",
    expected: { locks: [] },
  },
  {
    hazard: '24 enum ADD VALUE used in the same transaction',
    setup: "create type mood as enum ('ok'); create table m (mood mood)",
    sql: "alter type mood add value 'good'; insert into m values ('good')",
    transaction: 'file',
    expected: { locks: [], fails: '55P04' },
  },
  {
    hazard: '25 DROP TRIGGER',
    setup: 'create trigger g before update on t for each row execute function touch()',
    sql: 'drop trigger g on t',
    expected: { locks: ['t AccessExclusive'] },
  },
  {
    hazard: '25 ADD TRIGGER',
    sql: 'create trigger g before update on t for each row execute function touch()',
    expected: { locks: ['t ShareRowExclusive'] },
  },
  ...(
    [
      ['SET STATISTICS', 'alter table t alter column qty set statistics 500'],
      ['fillfactor', 'alter table t set (fillfactor = 90)', ['t (toast) ShareUpdateExclusive']],
      ['COMMENT', "comment on table t is 'x'"],
    ] satisfies [string, string, string[]?][]
  ).map(([name, sql, also = []]: [string, string, string[]?]): HazardCase => ({
    hazard: `25 ${name}`,
    safe: true,
    sql,
    expected: { locks: ['t ShareUpdateExclusive', ...also] },
  })),

  {
    hazard: '26 ADD COLUMN under a prepared SELECT *: who prepared it is not seen on a clone',
    row: '1',
    sql: 'alter table t add column c int',
    expected: { locks: ['t AccessExclusive'] },
  },
  {
    hazard: '29 a column renamed, and its trigger dropped, in separate transactions',
    setup: 'create trigger g before update on t for each row execute function touch()',
    sql: 'alter table t rename column note to remark; drop trigger g on t',
    expected: { locks: ['t AccessExclusive'] },
  },
  {
    hazard: '29 both in one transaction',
    safe: true,
    row: '25',
    setup: 'create trigger g before update on t for each row execute function touch()',
    sql: 'alter table t rename column note to remark; drop trigger g on t',
    transaction: 'file',
    twinAfter: 'alter table t rename column note to remark;',
    expected: { locks: ['t AccessShare'] },
  },
  {
    hazard: '27 down: DROP COLUMN',
    sql: 'alter table t drop column note',
    expected: { locks: ['t AccessExclusive'] },
  },
  {
    hazard: '27 down: drop and add again',
    row: '1',
    twinAfter: 'alter table t drop column note;',
    sql: 'alter table t drop column note; alter table t add column note text',
    transaction: 'file',
    expected: { locks: [] },
  },
  {
    hazard: '28 down: varchar 50 → 5 with longer values',
    setup: "update t set name = 'much too long' where id = 1",
    sql: 'alter table t alter column name type varchar(5)',
    expected: { locks: [], fails: '22001' },
  },
  {
    hazard: '28 down: varchar 50 → 5 USING left(), truncates in silence',
    setup: "update t set name = 'much too long' where id = 1",
    sql: 'alter table t alter column name type varchar(5) using left(name, 5)',
    expected: { locks: rewriteLocks, ...rewritten },
  },

  {
    hazard: '29 a column goes after its trigger, each in a transaction of its own',
    setup: 'create trigger g before update on t for each row execute function touch()',
    sql: 'drop trigger g on t; alter table t drop column note',
    expected: { locks: ['t AccessExclusive'] },
  },
  {
    hazard: 'VACUUM FULL',
    sql: 'vacuum full t',
    expected: { locks: ['t AccessExclusive'], rewrites: t, scans: ['build index t'], polled: true },
  },
  {
    hazard: 'VACUUM',
    safe: true,
    sql: 'vacuum t',
    expected: { locks: ['t ShareUpdateExclusive'], polled: true },
  },
  {
    hazard: 'TRUNCATE',
    sql: 'truncate t',
    expected: { locks: rewriteLocks, rewrites: t, scans: ['build index t'] },
  },
  {
    hazard: 'SELECT',
    safe: true,
    sql: 'select count(*) from t',
    expected: { locks: ['t AccessShare', 't_pkey AccessShare', 't_qty AccessShare'] },
  },
  {
    hazard: 'CREATE TABLE is nobody’s to wait for',
    safe: true,
    sql: 'create table fresh (id int primary key); create index on fresh (id)',
    transaction: 'file',
    expected: { locks: [], scans: ['build index fresh'] },
  },
];
