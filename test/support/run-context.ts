import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { startClock } from '../../src/foundation/clock.js';
import { TeardownStack } from '../../src/foundation/teardown.js';
import type { RunContext } from '../../src/model/contracts.js';
import type { StampedEvent } from '../../src/model/observation.js';
import type { RunPlan } from '../../src/model/plan.js';
import { scenarioSchema, type ScenarioInput } from '../../src/model/scenario.js';

export interface TestRun {
  ctx: RunContext;
  events: StampedEvent[];
  abort(): void;
  /** Runs the teardown, removes the result folder, returns what failed. */
  end(): Promise<string[]>;
}

/** A context around a scenario's environment (and, where given, its traffic), as rehearsal/ would make it. */
export async function startTestRun(
  environment: ScenarioInput['environment'],
  more: Partial<ScenarioInput> & { baseDir?: string } = {},
): Promise<TestRun> {
  const { baseDir = process.cwd(), ...rest } = more;
  const scenario = scenarioSchema.parse({
    name: 'test-run',
    environment,
    traffic: { rate: '1/s', endpoints: {} },
    upgrade: { steps: [{ name: 'nothing', wait: '0' }] },
    objectives: {},
    ...rest,
  });
  const resultDir = await mkdtemp(join(tmpdir(), 'dten-test-result-'));
  const clock = startClock();
  const controller = new AbortController();
  const events: StampedEvent[] = [];
  const plan: RunPlan = {
    schema: 'dten.plan/1',
    name: scenario.name,
    seed: scenario.seed,
    scenarioFile: join(baseDir, 'scenario.yaml'),
    baseDir,
    scenarioSha256: '',
    scenario,
    upgrade: [],
    rollback: [],
    collisions: [],
    phaseMs: { warmup: 0, baseline: 0, soak: 0, recovery: 0 },
    inFlightCap: 1,
    fixedMs: 0,
    warnings: [],
  };
  const ctx: RunContext = {
    plan,
    clock,
    signal: controller.signal,
    teardown: new TeardownStack(),
    runId: basename(resultDir),
    resultDir,
    emit(event) {
      const stamped: StampedEvent = { ...event, seq: events.length, atUs: clock.now() };
      events.push(stamped);
      return stamped;
    },
  };
  return {
    ctx,
    events,
    abort: () => controller.abort(new Error('interrupted by the test')),
    async end() {
      const failures = await ctx.teardown.run();
      await rm(resultDir, { recursive: true, force: true });
      return failures;
    },
  };
}
