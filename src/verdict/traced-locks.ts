import type { StatementTrace, TraceReport } from '../model/observation.js';
import { isStatement } from '../model/same-statement.js';
import { lockModes } from '../model/scenario.js';
import type { JudgedView } from './judged-view.js';
import type { PlannedStep } from '../model/plan.js';
import type { Unjudged } from './finding-parts.js';
import { plural, some, stepName, tableName } from './wording.js';

/** Strength of a table-level lock mode, 0 the weakest; −1 for what is none. */
export function strengthOf(mode: string): number {
  return lockModes.findIndex((known) => known === mode);
}

/** ShareLock and stronger keep writes out, AccessExclusiveLock also reads. */
export function blocksTraffic(mode: string): boolean {
  return strengthOf(mode) >= strengthOf('ShareLock');
}

/** The trace of one statement of a step. */
export function traceOf(trace: TraceReport, step: string, index: number): StatementTrace | undefined {
  return trace.statements.find((traced) => traced.step === step && traced.index === index);
}

/**
 * The strongest lock that a statement, or one before it in its step, took on a table, per the trace. Undefined
 * when the statement or the table is not in the trace.
 */
export function modeHeldBy(
  trace: TraceReport,
  step: string,
  statement: string,
  table: string | undefined,
): string | undefined {
  if (table === undefined) return undefined;
  const ofStep = trace.statements.filter((traced) => traced.step === step);
  const at = ofStep.findLast((traced) => isStatement(statement, traced.statement));
  if (!at) return undefined;
  return ofStep
    .filter(({ index }) => index <= at.index)
    .flatMap(({ locks }) => locks)
    .filter(({ relation }) => tableName(relation) === table)
    .map(({ mode }) => mode)
    .sort((a, b) => strengthOf(b) - strengthOf(a))[0];
}

/**
 * What the trace does not tell of the steps' locks: all of it, if the trace pass failed; statements that ran under
 * load without a complete trace, or of which nobody knows when they ran; and commands, which are not traced statement by statement. A command with
 * `trace: false` is said to leave the database alone.
 */
export function traceGaps(view: JudgedView): Unjudged[] {
  const { plan, trace, steps } = view.result;
  const all = [...plan.upgrade, ...plan.rollback];
  const gaps: Unjudged[] = [];
  if (trace.state !== 'complete' && all.some(({ kind }) => kind === 'sql')) {
    gaps.push({
      what: `the statement trace is ${trace.state}${trace.reason === undefined ? '' : ` (${trace.reason})`}: not all locks that the steps' statements take are known`,
      remedy: 'make the trace pass work: it runs every step once on a traffic-free copy of the data',
    });
  }
  for (const step of all) {
    if ('command' in step) {
      const ran = steps.some((record) => record.step === step.id && record.outcome !== 'skipped');
      if (!step.trace || !ran || trace.statements.some((traced) => traced.step === step.id)) continue;
      gaps.push({
        what: `which locks the command of step ${stepName(step.id)} takes is not known: commands are not traced statement by statement`,
        remedy:
          'run its migration as an sql step; or say trace: false if it leaves the database alone; or waive this for the step with a reason',
        where: { step: step.id },
      });
    } else if (trace.state === 'complete') {
      gaps.push(...untraced(view, step));
    }
    gaps.push(...unseen(view, step));
  }
  return gaps;
}

/** A step that went well has run all of its statements: without their events, how long it held its locks is lost. */
function unseen(view: JudgedView, step: PlannedStep): Unjudged[] {
  const record = view.result.steps.find((one) => one.step === step.id);
  if (record?.outcome !== 'ok') return [];
  const missing = (step.source?.statements ?? []).filter(
    ({ index, kind }) =>
      kind === 'other' && !view.runs.some((run) => run.step === step.id && run.index === index),
  );
  if (missing.length === 0) return [];
  return [
    {
      what: `${plural(missing.length, 'statement')} of step ${stepName(step.id)} left no event under load: how long the locks were held is not known`,
      remedy: 'rehearse again; events.ndjson has no line of them',
      where: { step: step.id },
    },
  ];
}

function untraced(view: JudgedView, step: PlannedStep): Unjudged[] {
  const ran = new Set(view.runs.filter((run) => run.step === step.id).map(({ index }) => index));
  const missing = (step.source?.statements ?? []).filter(({ index, kind }) => {
    return (
      kind === 'other' && ran.has(index) && traceOf(view.result.trace, step.id, index)?.outcome.ok !== true
    );
  });
  if (missing.length === 0) return [];
  const lines = some(missing.map(({ line }) => String(line)));
  return [
    {
      what: `${plural(missing.length, 'statement')} of step ${stepName(step.id)} (line ${lines}) ran without a complete trace: which locks they take is not known`,
      remedy: 'see why they failed on the traffic-free copy: trace.json has the error',
      where: { step: step.id },
    },
  ];
}
