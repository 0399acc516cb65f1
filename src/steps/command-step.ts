import { isAbsolute, join, resolve } from 'node:path';
import { resultFiles } from '../model/result.js';
import { applicationName } from '../model/actor.js';
import type { Consumer, StepOutcome } from '../model/contracts.js';
import { simpleExecutor, type StepExecutor, type StepOf, type StepSetting } from './executor.js';
import { failed } from './failure.js';
import { MissingValue, StepRenderer } from './render.js';
import { runCommand } from './run-command.js';
import { stepLabel } from '../model/step-reference.js';

export type CommandStep = StepOf<'command'>;

/** Any failure may be tried again: what a migration tool can repeat is for the scenario to know. */
export function commandExecutor(step: CommandStep, setting: StepSetting): StepExecutor {
  const closing = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  return {
    ...simpleExecutor(async (attempt, signal) => {
      const run = runCommandStep(step, setting, attempt, AbortSignal.any([signal, closing.signal]));
      running = run.catch(() => undefined);
      return run;
    }),
    /** In teardown a command may still run: its process group goes with it. */
    async close() {
      closing.abort(new Error('torn down'));
      await running;
    },
  };
}

/** `database`: run against this database (the trace pass's clone) and log beside, instead of the rehearsed one. */
export async function runCommandStep(
  step: CommandStep,
  setting: StepSetting,
  attempt: number,
  signal: AbortSignal,
  database?: string,
): Promise<StepOutcome> {
  const { ctx } = setting;
  let argv: string[];
  let env: Record<string, string>;
  try {
    const renderer = new StepRenderer(step, setting, attempt);
    argv = step.command.map((argument) => renderer.text(argument));
    env = { ...databaseEnv(step, setting, database), ...renderer.texts(step.env) };
  } catch (error) {
    if (error instanceof MissingValue) return failed(error.code, error.message);
    throw error;
  }
  const name = `${database === undefined ? 'step' : 'trace'}-${step.id.replace(/[^\w.-]+/g, '-')}.log`;
  const logFile = join(ctx.resultDir, resultFiles.logs, name);
  const end = await runCommand(
    { argv, cwd: resolve(ctx.plan.baseDir, step.cwd ?? '.'), env, logFile },
    signal,
  );
  if (end.endLeftovers) {
    ctx.teardown.defer(`processes that ${step.id} left`, end.endLeftovers);
    ctx.emit({
      type: 'note',
      message: `${step.id}: the command ended and left processes running; they end with the run`,
    });
  }
  if (signal.aborted) await endSessions(step, setting, database);
  if (end.exitCode === 0) return { ok: true };
  const program = argv[0] ?? '';
  if (end.startError !== undefined) {
    const hint = isAbsolute(program) || program.includes('/') ? '' : ' (is it on PATH?)';
    return failed('command-not-started', `${program} could not be started${hint}: ${end.startError}`);
  }
  const how = end.signal === undefined ? `exit code ${end.exitCode ?? 'unknown'}` : `killed by ${end.signal}`;
  return failed(
    'command-failed',
    [`${argv.join(' ')}: ${how}; log: ${logFile}`, ...end.tail].join('\n'),
    true,
  );
}

/**
 * A client that is killed leaves its statement running on the server, or queued for a lock with the traffic behind
 * it: as an aborted sql step cancels its query, an aborted command takes its sessions with it.
 */
async function endSessions(
  step: CommandStep,
  { env, ctx }: StepSetting,
  database: string | undefined,
): Promise<void> {
  if (!env.database) return;
  try {
    await using session = await env.database.connect({
      consumer: { kind: 'observer', name: 'step sessions' },
      role: 'owner',
      ...(database === undefined ? {} : { database }),
    });
    const { rowCount } = await session.query(
      `select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
        where a.application_name = $1 and a.datname = current_database()`,
      [applicationName(consumerOf(step))],
    );
    if (!rowCount) return;
    ctx.emit({
      type: 'note',
      message: `${step.id}: the command was ended while ${rowCount} of its database sessions were open; they were ended too`,
    });
  } catch {
    // The server is gone, and the sessions with it.
  }
}

function consumerOf(step: CommandStep): Consumer {
  return { kind: step.side, name: stepLabel(step) };
}

/** DATABASE_URL and libpq's PG* variables, so that any migration tool finds the database. */
function databaseEnv(
  step: CommandStep,
  { env }: StepSetting,
  database: string | undefined,
): Record<string, string> {
  if (!env.database) return {};
  const url = env.database.urlFor({
    consumer: consumerOf(step),
    role: step.role ?? env.database.defaultRole('step'),
    ...(database === undefined ? {} : { database }),
  });
  const parsed = new URL(url);
  const parts: Record<string, string> = {
    PGHOST: decodeURIComponent(parsed.searchParams.get('host') ?? parsed.hostname.replace(/^\[|\]$/g, '')),
    PGPORT: parsed.port || '5432',
    PGUSER: decodeURIComponent(parsed.username),
    PGPASSWORD: decodeURIComponent(parsed.password),
    PGDATABASE: decodeURIComponent(parsed.pathname.slice(1)),
    PGAPPNAME: parsed.searchParams.get('application_name') ?? '',
    PGSSLMODE: parsed.searchParams.get('sslmode') ?? '',
  };
  const present = Object.entries(parts).filter(([, value]) => value !== '');
  return { DATABASE_URL: url, ...Object.fromEntries(present) };
}
