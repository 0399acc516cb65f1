import type { PgSession, StepOutcome } from '../model/contracts.js';
import { simpleExecutor, type StepExecutor, type StepOf, type StepSetting } from './executor.js';
import { databaseFailure, failed } from './failure.js';
import { queryOrCancel } from './query.js';
import { stepLabel } from '../model/step-reference.js';

type CheckStep = StepOf<'check'>;

/** The first column of the first row must equal; with retries it is asked again until it does. */
export function checkExecutor(step: CheckStep, setting: StepSetting): StepExecutor {
  return simpleExecutor((_attempt, signal) => check(step, setting, signal));
}

async function check(step: CheckStep, { env }: StepSetting, signal: AbortSignal): Promise<StepOutcome> {
  const { database } = env;
  if (!database) return failed('no-database', 'a check needs environment.database');
  let session: PgSession | undefined;
  try {
    session = await database.connect({
      consumer: { kind: step.side, name: stepLabel(step) },
      role: step.check.role ?? database.defaultRole('step'),
    });
    const { rows } = await queryOrCancel(session, step.check.sql, signal);
    const found = rows[0] === undefined ? undefined : Object.values(rows[0])[0];
    if (found === undefined) return failed('check-failed', 'the query gave no rows', true);
    if (isEqual(found, step.check.equals)) return { ok: true };
    return failed('check-failed', `expected ${show(step.check.equals)}, found ${show(found)}`, true);
  } catch (error) {
    return databaseFailure(error, false);
  } finally {
    await session?.close().catch(() => undefined);
  }
}

/** bigint and numeric come as texts. */
function isEqual(found: unknown, expected: string | number | boolean | null): boolean {
  if (found === expected) return true;
  if (found === null || expected === null) return false;
  if (typeof expected === 'number') return typeof found === 'string' && Number(found) === expected;
  return typeof expected === 'string' && show(found).replace(/^"|"$/g, '') === expected;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}
