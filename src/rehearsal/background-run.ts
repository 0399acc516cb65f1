import { codeOf, messageOf } from '../foundation/errors.js';
import type { PgSession } from '../model/contracts.js';
import type { Outcome } from '../model/observation.js';
import { roleOf, type JobRun } from './background-job.js';
import { doWork } from './background-work.js';
import { endQuery } from './end-query.js';

/** One run of a background job, as events. Never rejects: what goes wrong is its outcome. */
export async function runJob(run: JobRun): Promise<void> {
  const { ctx, database, name, signal, hold } = run;
  const about = { type: 'background' as const, job: name, ...(hold && { step: hold.step }) };
  let outcome: Outcome = { ok: true };
  let session: PgSession | undefined;
  let pid: { pid?: number } = {};
  try {
    session = await database.connect({ consumer: { kind: 'background', name }, role: roleOf(run) });
    pid = { pid: session.pid };
    if (run.superseded?.()) {
      await session.close();
      return;
    }
    ctx.emit({ ...about, edge: 'start', ...pid });
    await untilAborted(
      session,
      signal,
      doWork(run, session, () => ctx.emit({ ...about, edge: 'holding', ...pid })),
    );
  } catch (error) {
    if (!session) ctx.emit({ ...about, edge: 'start' });
    if (!signal.aborted) outcome = failureOf(error);
  }
  await session?.close();
  ctx.emit({ ...about, edge: 'end', ...pid, outcome });
  if (hold && !outcome.ok) {
    // The step may have met nobody: what it shows then is not what was asked for.
    const lost = `${name} did not hold its locks for ${hold.holdForMs} ms across ${hold.step}: ${outcome.message}`;
    ctx.emit({ type: 'degraded', source: 'background', lost });
  }
}

function failureOf(error: unknown): Outcome {
  const code = codeOf(error);
  const sqlState = code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? { sqlState: code } : {};
  return { ok: false, code: code ?? 'failed', message: messageOf(error), ...sqlState };
}

/** Waits for the work; once aborted, sees to it that it ends. */
async function untilAborted(session: PgSession, signal: AbortSignal, work: Promise<void>): Promise<void> {
  let over = false;
  const onAbort = () => void endQuery(session, () => over);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await work;
  } finally {
    over = true;
    signal.removeEventListener('abort', onAbort);
  }
}
