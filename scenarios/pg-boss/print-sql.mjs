// Writes the SQL that pg-boss itself publishes for its schema to migrations/, unchanged:
//   node scenarios/pg-boss/print-sql.mjs
// A test compares the files with what the installed pg-boss prints.
import { writeFileSync } from 'node:fs';
import PgBoss from 'pg-boss';

const files = {
  'construct-20.sql': PgBoss.getConstructionPlans('pgboss'),
  'migrate-19-to-20.sql': PgBoss.getMigrationPlans('pgboss', 19),
  'rollback-20-to-19.sql': PgBoss.getRollbackPlans('pgboss', 20),
};
for (const [name, sql] of Object.entries(files)) {
  writeFileSync(new URL(`migrations/${name}`, import.meta.url), `${sql.trim()}\n`);
}
