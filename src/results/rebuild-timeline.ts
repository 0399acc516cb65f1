import type { Gap } from '../model/ledger.js';
import type { StampedEvent } from '../model/observation.js';
import type { PlannedStep, RunPlan } from '../model/plan.js';
import type { PhaseSpan, StepRecord } from '../model/result.js';

type StepEvent = Extract<StampedEvent, { type: 'step' }>;

/**
 * The phases of the timeline, from its events. A phase that nothing ended (the run was cut short) lasts until
 * `lastSeenUs`, the end of the last second that anything was recorded in.
 */
export function phasesOf(events: readonly StampedEvent[], lastSeenUs: number): PhaseSpan[] {
  const spans: PhaseSpan[] = [];
  let open: PhaseSpan | undefined;
  for (const event of events) {
    if (event.type !== 'phase') continue;
    if (open) open.toUs = Math.max(open.fromUs, event.fromUs);
    open = undefined;
    if (event.phase === 'done') continue;
    open = { phase: event.phase, fromUs: event.fromUs, toUs: event.fromUs };
    spans.push(open);
  }
  if (open) open.toUs = Math.max(open.fromUs, lastSeenUs);
  return spans;
}

/** Stretches without arrivals, in order; one that nothing ended lasts until `lastSeenUs`. */
export function gapsOf(events: readonly StampedEvent[], lastSeenUs: number): Gap[] {
  const gaps: Gap[] = [];
  let open: Gap | undefined;
  for (const event of events) {
    if (event.type !== 'gap') continue;
    if (open) open.toUs = Math.max(open.fromUs, event.fromUs);
    open = undefined;
    if (event.edge === 'end') continue;
    open = { fromUs: event.fromUs, toUs: event.fromUs, purpose: event.purpose };
    gaps.push(open);
  }
  if (open) open.toUs = Math.max(open.fromUs, lastSeenUs);
  return gaps;
}

/**
 * What became of every planned step, from the events. A step that never started is `skipped`, at the instant the
 * one before it ended; one that has no end, or was aborted, is `interrupted`.
 */
export function stepsOf(
  plan: Pick<RunPlan, 'upgrade' | 'rollback'>,
  events: readonly StampedEvent[],
  lastSeenUs: number,
): StepRecord[] {
  const ofStep = new Map<string, StepEvent[]>();
  for (const event of events) {
    if (event.type !== 'step') continue;
    const known = ofStep.get(event.step);
    if (known) known.push(event);
    else ofStep.set(event.step, [event]);
  }
  let atUs = 0;
  return [...plan.upgrade, ...plan.rollback].map((step) => {
    const record = recordOf(step, ofStep.get(step.id) ?? [], atUs, lastSeenUs);
    atUs = record.toUs;
    return record;
  });
}

function recordOf(step: PlannedStep, events: StepEvent[], idleUs: number, lastSeenUs: number): StepRecord {
  const attempts: StepRecord['attempts'] = [];
  let outcome: StepRecord['outcome'] = events.length === 0 ? 'skipped' : 'interrupted';
  for (const start of events) {
    if (start.edge !== 'start') continue;
    const end = events.find((event) => event.edge === 'end' && event.attempt === start.attempt);
    const toUs = end?.atUs ?? Math.max(lastSeenUs, start.atUs);
    const failed = end?.outcome?.ok === false ? end.outcome : undefined;
    attempts.push({
      attempt: start.attempt,
      fromUs: start.atUs,
      toUs,
      ok: end !== undefined && failed === undefined,
      ...(failed && { code: failed.sqlState ?? failed.code, message: failed.message }),
    });
    if (end) outcome = outcomeOf(end);
    else outcome = 'interrupted';
  }
  const first = attempts[0];
  const last = attempts.at(-1);
  return {
    step: step.id,
    side: step.side,
    kind: step.kind,
    fromUs: first?.fromUs ?? idleUs,
    toUs: last?.toUs ?? idleUs,
    attempts,
    outcome,
  };
}

function outcomeOf(end: StepEvent): StepRecord['outcome'] {
  if (end.outcome?.ok !== false) return 'ok';
  if (end.outcome.code === 'interrupted') return 'interrupted';
  // A failed attempt that was not the last, and that nothing followed, was cut off while it waited to try again.
  return end.final === false ? 'interrupted' : 'failed';
}
