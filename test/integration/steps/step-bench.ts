import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startClock } from '../../../src/foundation/clock.js';
import { TeardownStack } from '../../../src/foundation/teardown.js';
import type { Database, Environment, RunContext, Service } from '../../../src/model/contracts.js';
import type { RunEvent, StampedEvent } from '../../../src/model/observation.js';
import type { PlannedStep, RunPlan } from '../../../src/model/plan.js';
import { stepSchemas, type StepKind } from '../../../src/model/scenario.js';
import { splitSql } from '../../../src/sql/split.js';
import { applicationName } from '../../../src/model/actor.js';
import { databaseUrl, openSession } from './pg-sessions.js';

export interface StepBench {
  env: Environment;
  ctx: RunContext;
  events: StampedEvent[];
  /** Steps of the plan (the trace pass reads them). */
  plan: RunPlan;
  abort(reason?: Error): void;
  /** Called with each event, after it was stored. */
  onEvent(listener: (event: StampedEvent) => void): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A run's context and environment around one database of a real server: what steps need, and nothing more. */
export async function stepBench(
  url: string,
  name: string,
  options: { services?: Service[]; outputs?: Record<string, string> } = {},
): Promise<StepBench> {
  const dir = await mkdtemp(join(tmpdir(), 'dten-steps-'));
  const clock = startClock();
  const controller = new AbortController();
  const events: StampedEvent[] = [];
  const listeners: ((event: StampedEvent) => void)[] = [];
  const plan = { seed: 1, baseDir: dir, upgrade: [], rollback: [] } as unknown as RunPlan;
  const teardown = new TeardownStack();
  const ctx: RunContext = {
    plan,
    clock,
    signal: controller.signal,
    teardown,
    runId: 'test',
    resultDir: dir,
    emit(event: RunEvent) {
      const stamped = { ...event, seq: events.length, atUs: clock.now() };
      events.push(stamped);
      for (const listener of listeners) listener(stamped);
      return stamped;
    },
  };
  const database = testDatabase(url, name);
  const env = {
    database,
    services: new Map((options.services ?? []).map((service) => [service.name, service])),
    outputs: options.outputs ?? {},
  } as unknown as Environment;
  return {
    env,
    ctx,
    events,
    plan,
    abort: (reason) => controller.abort(reason ?? new Error('stopped')),
    onEvent: (listener) => void listeners.push(listener),
    async [Symbol.asyncDispose]() {
      await teardown.run();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function testDatabase(url: string, name: string): Database {
  const urlFor: Database['urlFor'] = ({ consumer, database }) => {
    const own = new URL(databaseUrl(url, database ?? name));
    own.searchParams.set('application_name', applicationName(consumer));
    return own.href;
  };
  return {
    versionNumber: 180_000,
    name,
    statisticsDatabase: name,
    connect: (options) => openSession(urlFor(options)),
    urlFor,
    defaultRole: () => 'owner',
    async clone(suffix, source = name) {
      const clone = `${name}_${suffix}`;
      await using admin = await openSession(url);
      await admin.query(`create database ${clone} template ${source}`);
      return {
        name: clone,
        async drop() {
          await using dropper = await openSession(url);
          await dropper.query(`drop database ${clone} with (force)`);
        },
      };
    },
    toRunUs: () => ({ atUs: 0, errorUs: 0 }),
    readLog: async () => ({ unavailable: 'not in this test' }),
  };
}

/** A planned step, parsed as a scenario's is. */
export async function planned(
  input: Record<string, unknown>,
  side: 'upgrade' | 'rollback' = 'upgrade',
): Promise<PlannedStep> {
  const kind = (Object.keys(stepSchemas) as StepKind[]).find((key) => key in input)!;
  const step = stepSchemas[kind].parse({ name: 'a step', ...input });
  const id = `${side}.${step.name}`;
  if (!('sql' in step)) return { ...step, kind, side, id };
  const { statements, problems } = await splitSql(step.sql, { file: 'inline' });
  if (problems.length > 0) throw new Error(problems.map((p) => p.message).join('\n'));
  return {
    ...step,
    kind,
    side,
    id,
    source: { statements, transaction: step.transaction ?? 'statement' },
  };
}
