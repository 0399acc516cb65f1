import { messageOf } from '../foundation/errors.js';
import type { Database, Environment, RunContext } from '../model/contracts.js';
import type { PlannedStep } from '../model/plan.js';
import { presupposingCodes, type RollbackTrial, type RollbackTrials } from '../model/rollback.js';
import { applyStep, worksOnDatabase } from './apply-step.js';
import { dataLost, schemaDifferences } from './compare-state.js';
import { readDatabaseState, type DatabaseState } from './database-state.js';

/** Above it, reading every row once for each step takes longer than anybody asked for. */
const mostBytes = 1024 ** 3;

/**
 * Tries the rollback from each step of the upgrade: on clones that nobody else uses, the upgrade runs step by step,
 * and after each step a copy of where it stands is rolled back and compared with the original, rows and schema.
 * What traffic writes between the two is not in it: the rehearsal itself shows that. Call it before anyone
 * connects to the database. Never throws: what could not be tried is in the report.
 */
export async function tryRollbacks(
  ctx: RunContext,
  env: Environment,
  dataBytes: number | undefined,
): Promise<RollbackTrials> {
  const off = (reason: string): RollbackTrials => ({ state: 'off', reason, trials: [], tookMs: 0 });
  const { plan } = ctx;
  const asked = plan.scenario.rollback.fromEachStep;
  const { database } = env;
  if (!database || plan.rollback.length === 0 || asked === false) return off('not asked');
  if (plan.rollbackWay === 'snapshot') return off('a snapshot goes back from anywhere');
  if (!plan.upgrade.some(worksOnDatabase)) return off('no step of the upgrade works on the database');
  if (asked === undefined && dataBytes === undefined) {
    return off('how much data there is is not known; rollback.fromEachStep: true tries it all the same');
  }
  if (asked === undefined && (dataBytes ?? 0) > mostBytes) {
    return off('more than 1 GB of data; rollback.fromEachStep: true tries it all the same');
  }
  const untried = plan.rollback.find((step) => 'command' in step && !step.trace);
  if (untried) return off(`${untried.id} does not run on clones (trace: false)`);

  ctx.emit({ type: 'note', message: 'trying the rollback from each step of the upgrade, on clones' });
  const fromUs = ctx.clock.now();
  const report: RollbackTrials = { state: 'complete', trials: [], tookMs: 0 };
  try {
    await new Trials(ctx, env, database, report).run();
  } catch (error) {
    fail(report, messageOf(error));
  }
  if (ctx.signal.aborted) fail(report, 'interrupted');
  report.tookMs = (ctx.clock.now() - fromUs) / 1000;
  return report;
}

function fail(report: RollbackTrials, reason: string): void {
  report.state = 'failed';
  report.reason ??= reason;
}

class Trials {
  constructor(
    private readonly ctx: RunContext,
    private readonly env: Environment,
    private readonly database: Database,
    private readonly report: RollbackTrials,
  ) {}

  async run(): Promise<void> {
    const before = await this.stateOf(this.database.name);
    const steps = this.ctx.plan.upgrade.filter(worksOnDatabase);
    await this.onClone('trace_upgraded', undefined, async (upgraded) => {
      for (const [at, step] of steps.entries()) {
        if (this.ctx.signal.aborted) return;
        if ('command' in step && !step.trace) {
          fail(this.report, `${step.id} does not run on clones (trace: false)`);
          this.leaveOut(steps.slice(at));
          return;
        }
        const failure = await applyStep(step, this.setting, upgraded);
        if (failure) {
          fail(this.report, `${step.id} failed on the clone: ${failure.message}`);
          this.leaveOut(steps.slice(at));
          return;
        }
        // Nothing comes after the last step: it is rolled back where it stands.
        const last = at === steps.length - 1;
        if (last) this.report.trials.push(await this.rollBack(step, upgraded, before, []));
        else {
          await this.onClone('trace_back', upgraded, async (clone) => {
            this.report.trials.push(await this.rollBack(step, clone, before, presupposingCodes));
          });
        }
      }
    });
  }

  private get setting(): { ctx: RunContext; env: Environment } {
    return { ctx: this.ctx, env: this.env };
  }

  private leaveOut(steps: readonly PlannedStep[]): void {
    for (const { id } of steps) {
      this.report.trials.push({
        afterStep: id,
        outcome: 'not tried',
        leftOut: 0,
        leftOutAt: [],
        lost: [],
        differences: [],
      });
    }
  }

  private async rollBack(
    after: PlannedStep,
    clone: string,
    before: DatabaseState,
    leaveOut: readonly string[],
  ): Promise<RollbackTrial> {
    const trial: RollbackTrial = {
      afterStep: after.id,
      outcome: 'restored',
      leftOut: 0,
      leftOutAt: [],
      lost: [],
      differences: [],
    };
    for (const step of this.ctx.plan.rollback.filter(worksOnDatabase)) {
      const failure = await applyStep(step, this.setting, clone, leaveOut);
      if (!failure) continue;
      const { step: failedStep, leftOut, ...how } = failure;
      // The first one tells what the rollback presupposes; a later one that is fatal tells more.
      if (trial.failedStep === undefined || leftOut === undefined)
        Object.assign(trial, { failedStep, ...how });
      if (leftOut === undefined) return { ...trial, outcome: 'failed' };
      trial.leftOut += leftOut.length;
      trial.leftOutAt.push(...leftOut);
    }
    await using rolledBack = await this.connect(clone);
    const now = await readDatabaseState(rolledBack, before);
    await using original = await this.connect(this.database.name);
    trial.lost = await dataLost(before, now, { original, rolledBack });
    trial.differences = schemaDifferences(before, now);
    if (trial.lost.length > 0) trial.outcome = 'loses';
    else if (trial.differences.length > 0) trial.outcome = 'differs';
    return trial;
  }

  private async stateOf(name: string): Promise<DatabaseState> {
    await using session = await this.connect(name);
    // Awaited here: the session is closed when this returns.
    return await readDatabaseState(session);
  }

  private connect(database: string) {
    return this.database.connect({ consumer: { kind: 'observer', name: 'trials' }, role: 'owner', database });
  }

  private async onClone(
    suffix: string,
    source: string | undefined,
    work: (clone: string) => Promise<void>,
  ): Promise<void> {
    const clone = await this.database.clone(suffix, source);
    const drop = this.ctx.teardown.defer(`database ${clone.name}`, () => clone.drop());
    try {
      await work(clone.name);
    } finally {
      await drop().catch((error: unknown) => {
        const message = `the clone ${clone.name} could not be dropped: ${messageOf(error)}`;
        this.ctx.emit({ type: 'note', message });
      });
    }
  }
}
