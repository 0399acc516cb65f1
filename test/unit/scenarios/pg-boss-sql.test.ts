import { readdirSync, readFileSync } from 'node:fs';
import PgBoss from 'pg-boss';
import { expect, test } from 'vitest';

const folder = new URL('../../../scenarios/pg-boss/migrations/', import.meta.url);

// Its types say string; its code compares with === against numbers.
const version = (n: number) => n as unknown as string;

// The scenario judges pg-boss, so its SQL has to be pg-boss's own, to the byte.
test.each([
  ['construct-20.sql', PgBoss.getConstructionPlans('pgboss')],
  ['migrate-19-to-20.sql', PgBoss.getMigrationPlans('pgboss', version(19))],
  ['rollback-20-to-19.sql', PgBoss.getRollbackPlans('pgboss', version(20))],
])('%s is what the installed pg-boss publishes', (name, published) => {
  expect(readFileSync(new URL(name, folder), 'utf8')).toBe(`${published.trim()}\n`);
});

test('no other SQL stands beside it', () => {
  expect(readdirSync(folder).sort()).toEqual([
    'construct-20.sql',
    'migrate-19-to-20.sql',
    'rollback-20-to-19.sql',
  ]);
});
