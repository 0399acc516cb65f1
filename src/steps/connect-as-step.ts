import { relative } from 'node:path';
import type { Database, PgSession } from '../model/contracts.js';
import type { SqlStatement } from '../model/plan.js';
import type { StepOf } from './executor.js';
import { stepLabel } from '../model/step-reference.js';

export type SqlStep = StepOf<'sql'>;

/** The session a sql step runs in: its role, and an application_name that says which step it is. */
export function connectAsStep(database: Database, step: SqlStep, name?: string): Promise<PgSession> {
  return database.connect({
    consumer: { kind: step.side, name: stepLabel(step) },
    role: step.role ?? database.defaultRole('step'),
    ...(name === undefined ? {} : { database: name }),
  });
}

/** Where a statement stands, for people: `migrations/002.sql:12`. */
export function placeOf(step: SqlStep, statement: SqlStatement, baseDir: string): string {
  const file = step.source?.file;
  return `${file === undefined ? step.id : relative(baseDir, file)}:${statement.line}`;
}
