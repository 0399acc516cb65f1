import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunPlan } from '../../../src/model/plan.js';
import type { Finding } from '../../../src/model/verdict.js';
import { planRun } from '../../../src/plan/plan-run.js';
import { findingPlace } from '../../../src/report/finding-place.js';
import { loadScenario } from '../../../src/scenario/load-scenario.js';

const migration = `\ufeff-- é: what comes next
create table t2 (id int); alter table "tä😀b"
  add column "ö" text; /* 😀 */ drop table t2;
`;

const yaml = `name: places
environment:
  database: { roles: { app: {} } }
traffic:
  rate: 10/s
  endpoints: { read: { sql: { text: select 1 } } }
upgrade:
  steps:
    - { name: in a file, sql: migrations/1.sql, transaction: statement }
    - name: block
      transaction: statement
      sql: |
        create table b (id int);

          alter table b add column x int
    - { name: quoted, sql: "select 1; select 2", transaction: statement }
    - name: pause
      wait: 1s
rollback:
  steps:
    - name: one liner
      sql: drop table b
      transaction: statement
objectives: {}
`;

async function planned(): Promise<{ plan: RunPlan; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'dten-places-'));
  mkdirSync(join(folder, 'migrations'));
  writeFileSync(join(folder, 'migrations/1.sql'), migration);
  writeFileSync(join(folder, 'scenario.yaml'), yaml);
  const plan = await planRun(await loadScenario(folder));
  return { plan: JSON.parse(JSON.stringify(plan)) as RunPlan, folder };
}

function at(where: Finding['where']): Finding {
  return { rule: 'latency', weight: 'NO-GO', what: '', where, remedy: '' };
}

/** The text of a place, cut out of its file by lines and code points. */
function cutOut({
  file,
  line,
  column = 1,
  endLine = line,
  endColumn,
}: ReturnType<typeof findingPlace>): string {
  const lines = readFileSync(file, 'utf8')
    .replace(/^\ufeff/, '')
    .split('\n')
    .slice(line - 1, endLine);
  const last = lines.length - 1;
  lines[last] = [...lines[last]!].slice(0, endColumn === undefined ? undefined : endColumn - 1).join('');
  lines[0] = [...lines[0]!].slice(column - 1).join('');
  return lines.join('\n');
}

describe('the place of a finding', () => {
  it('is the statement in its file, to the character', async () => {
    const { plan, folder } = await planned();
    const of = (statement: string) => findingPlace(plan, at({ step: 'upgrade.in a file', statement }));
    const alter = 'alter table "tä😀b"\n  add column "ö" text';
    expect(of(alter)).toEqual({
      file: join(folder, 'migrations/1.sql'),
      line: 2,
      column: 27,
      endLine: 3,
      endColumn: 22,
      text: alter,
    });
    expect(cutOut(of(alter))).toBe(alter);
    expect(cutOut(of('drop table t2'))).toBe('drop table t2');
    // As pg_stat_activity shows it: one line, cut.
    expect(of('alter table "tä😀b" add col')).toEqual(of(alter));
    // The step is not always known.
    expect(findingPlace(plan, at({ statement: 'drop table t2;' }))).toEqual(of('drop table t2'));
  });

  it.each([
    ['upgrade.block', 'create table b (id int)'],
    ['upgrade.block', 'alter table b add column x int'],
    ['upgrade.quoted', 'select 1'],
    ['upgrade.quoted', 'select 2'],
    ['rollback.one liner', 'drop table b'],
  ])('of inline SQL is where it stands in the scenario: %s, %s', async (step, statement) => {
    const { plan, folder } = await planned();
    const place = findingPlace(plan, at({ step, statement }));
    expect(place.file).toBe(join(folder, 'scenario.yaml'));
    expect(cutOut(place).startsWith(statement)).toBe(true);
  });

  it('is the step, where no statement is named', async () => {
    const { plan, folder } = await planned();
    const of = (step: string) => findingPlace(plan, at({ step }));
    expect(of('upgrade.in a file')).toEqual({ file: join(folder, 'migrations/1.sql'), line: 1 });
    expect(cutOut(of('upgrade.pause'))).toBe('name: pause');
    expect(cutOut(of('rollback.one liner'))).toBe('drop table b');
  });

  it('is line 1 of the scenario for the rest: never nowhere', async () => {
    const { plan, folder } = await planned();
    const scenario = { file: join(folder, 'scenario.yaml'), line: 1 };
    expect(findingPlace(plan, at({}))).toEqual(scenario);
    expect(findingPlace(plan, at({ step: 'upgrade.unknown' }))).toEqual(scenario);
    expect(findingPlace(plan, at({ statement: 'select nothing like it' }))).toEqual(scenario);
    expect(findingPlace(plan, at({ statement: ' ' }))).toEqual(scenario);
  });

  it('is the file or the scenario for results of before positions were kept', async () => {
    const { plan, folder } = await planned();
    for (const step of [...plan.upgrade, ...plan.rollback]) {
      delete step.at;
      for (const statement of step.source?.statements ?? []) {
        delete statement.column;
        delete statement.inScenario;
      }
    }
    const of = (step: string, statement: string) => findingPlace(plan, at({ step, statement }));
    expect(of('upgrade.in a file', 'drop table t2')).toMatchObject({
      file: join(folder, 'migrations/1.sql'),
      line: 3,
    });
    expect(of('upgrade.block', 'create table b')).toMatchObject({
      file: join(folder, 'scenario.yaml'),
      line: 1,
    });
    expect(findingPlace(plan, at({ step: 'upgrade.pause' }))).toEqual({
      file: join(folder, 'scenario.yaml'),
      line: 1,
    });
  });
});
