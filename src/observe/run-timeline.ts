import type { RunUs } from '../foundation/clock.js';
import type { LockWait, Outcome, StampedEvent } from '../model/observation.js';
import { applicationName } from '../model/actor.js';
import type { PlannedStep } from '../model/plan.js';
import { stepLabel } from '../model/step-reference.js';
import type { ClientError } from './merge/client-error.js';
import { isNowait } from './log/lock-line.js';

interface StepSpan {
  step: string;
  fromUs: RunUs;
  toUs: RunUs;
}

/** What the run's events say about lock waits: phases, the step under way, whose a pid is, errors the clients saw. */
export class RunTimeline {
  private readonly phases: { phase: LockWait['phase']; fromUs: RunUs }[] = [];
  private readonly steps: StepSpan[] = [];
  /** When each pid began what it is doing. */
  private readonly begunUs = new Map<number, RunUs>();
  private readonly names = new Map<number, string>();
  private readonly failedStatements = new Set<string>();
  private errors: ClientError[] = [];
  private readonly stepById: ReadonlyMap<string, PlannedStep>;

  constructor(steps: readonly PlannedStep[]) {
    this.stepById = new Map(steps.map((step) => [step.id, step]));
  }

  event(event: StampedEvent): void {
    switch (event.type) {
      case 'phase':
        this.phases.push({ phase: event.phase === 'done' ? 'outside' : event.phase, fromUs: event.fromUs });
        break;
      case 'step':
        this.step(event);
        break;
      case 'statement':
        this.statement(event);
        break;
      case 'background':
        if (event.pid !== undefined) {
          this.names.set(event.pid, applicationName({ kind: 'background', name: event.job }));
          if (event.edge === 'end') this.failed(event.pid, event.atUs, event.outcome);
          else if (event.edge === 'start') this.begunUs.set(event.pid, event.atUs);
        }
        break;
      case 'run':
      case 'transaction':
      case 'service':
      case 'variant':
      case 'gap':
      case 'snapshot':
      case 'restore':
      case 'again':
      case 'degraded':
      case 'note':
        break;
    }
  }

  phaseAt(us: RunUs): LockWait['phase'] {
    return this.phases.findLast(({ fromUs }) => fromUs <= us)?.phase ?? 'outside';
  }

  /** The step under way, pauses between its attempts included. */
  stepAt(us: RunUs): string | undefined {
    return this.steps.findLast(({ fromUs, toUs }) => fromUs <= us && us <= toUs)?.step;
  }

  /** The application_name of a session that an event named. */
  applicationOf(pid: number): string | undefined {
    return this.names.get(pid);
  }

  /** Errors since the last call. */
  takeErrors(): ClientError[] {
    const taken = this.errors;
    this.errors = [];
    return taken;
  }

  private step(event: Extract<StampedEvent, { type: 'step' }>): void {
    const last = this.steps.findLast(({ step }) => step === event.step);
    if (event.edge === 'start') {
      if (event.attempt === 1 || !last || last.toUs !== Infinity) {
        this.steps.push({ step: event.step, fromUs: event.atUs, toUs: Infinity });
      }
      if (event.pid !== undefined) this.owned(event.pid, event.step, event.atUs);
      return;
    }
    if (last && (event.final ?? event.outcome?.ok ?? true)) last.toUs = event.atUs;
    const told = this.failedStatements.has(`${event.step} ${event.attempt}`);
    if (event.pid !== undefined && !told) this.failed(event.pid, event.atUs, event.outcome, event.step);
  }

  private statement(event: Extract<StampedEvent, { type: 'statement' }>): void {
    if (event.pid === undefined) return;
    if (event.edge === 'start') {
      this.owned(event.pid, event.step, event.atUs);
      return;
    }
    if (event.outcome?.ok === false) this.failedStatements.add(`${event.step} ${event.attempt}`);
    this.failed(event.pid, event.atUs, event.outcome, event.step);
  }

  private owned(pid: number, step: string, atUs: RunUs): void {
    const side = this.stepById.get(step)?.side ?? (step.startsWith('rollback.') ? 'rollback' : 'upgrade');
    this.names.set(pid, applicationName({ kind: side, name: stepLabel({ id: step, side }) }));
    this.begunUs.set(pid, atUs);
  }

  private failed(pid: number, atUs: RunUs, outcome: Outcome | undefined, step?: string): void {
    if (!outcome || outcome.ok) return;
    const ended = endOf(outcome.sqlState, outcome.message);
    if (!ended) return;
    const planned = step === undefined ? undefined : this.stepById.get(step);
    const lockTimeoutMs = planned && 'lockTimeout' in planned ? planned.lockTimeout : undefined;
    this.errors.push({
      pid,
      ...ended,
      sentUs: this.begunUs.get(pid) ?? atUs,
      atUs,
      ...(lockTimeoutMs === undefined ? {} : { lockTimeoutUs: lockTimeoutMs * 1000 }),
      applicationName: this.names.get(pid) ?? '',
    });
  }
}

function endOf(
  sqlState: string | undefined,
  message: string,
): Pick<ClientError, 'ended' | 'provesWait'> | undefined {
  if (sqlState === '55P03' && !isNowait(message)) return { ended: 'lock timeout', provesWait: true };
  if (sqlState === '40P01') return { ended: 'deadlock', provesWait: true };
  if (sqlState === '57014') {
    const ended = message.includes('statement timeout') ? 'statement timeout' : 'cancelled';
    return { ended, provesWait: false };
  }
  return undefined;
}
