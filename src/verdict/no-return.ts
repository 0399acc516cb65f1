import type { NoReturn } from '../model/rollback.js';
import { resolveStep } from '../model/step-reference.js';
import type { JudgedView } from './judged-view.js';
import { lostWrites } from './lost-writes.js';
import { deadEnd, lostBeyond } from './trial-kinds.js';
import { plural, quoted, some, stepName, tableName } from './wording.js';

/**
 * The points of no return: the upgrade steps after which the rollback loses data or fails, as the clones, the run
 * and the ledger each saw it; the earliest step first.
 */
export function noReturnsOf(view: JudgedView): NoReturn[] {
  const { plan } = view.result;
  // A snapshot goes back from anywhere; what it loses has no step.
  if (plan.rollbackWay === 'snapshot') return [];
  const at = ({ step }: NoReturn) => plan.upgrade.findIndex(({ id }) => id === step);
  return [fromClones(view), fromRun(view), fromLedger(view)]
    .filter((found) => found !== undefined)
    .sort((a, b) => at(a) - at(b));
}

export function discardsOf({ result }: JudgedView): readonly string[] {
  return result.plan.scenario.rollback.discards;
}

function fromClones(view: JudgedView): NoReturn | undefined {
  const report = view.result.rollbackTrials;
  if (!report) return undefined;
  for (const trial of report.trials) {
    const lost = lostBeyond(trial, discardsOf(view));
    const about = { step: trial.afterStep, seenBy: 'clone' as const };
    if (trial.outcome === 'loses' && lost.length > 0) {
      const without =
        trial.leftOut > 0 ? `, but for ${plural(trial.leftOut, 'statement')} that came too early` : '';
      return {
        ...about,
        how: 'loses',
        because: `rolled back from there on a clone${without}: ${some(lost, 3)}`,
      };
    }
    // A rollback that a later step is written for may still go well from the end.
    const dead = deadEnd(trial, report);
    if (dead) {
      const where = dead.failedStep === undefined ? '' : `rollback step ${stepName(dead.failedStep)} failed`;
      const what = dead.statement === undefined ? '' : ` at ${quoted(dead.statement)}`;
      const because = `${where}${what} on a clone: ${oneLine(dead.message)}${code(dead.sqlState)}`;
      return { ...about, how: 'fails', because };
    }
  }
  return undefined;
}

/** Waits, cancellations and lost connections: another attempt may well go through. */
const passing = /^(?:55P03|57014|40P01|40001|08...|57P..)$/;

function fromRun(view: JudgedView): NoReturn | undefined {
  const failed = view.result.steps.find(({ side, outcome }) => side === 'rollback' && outcome === 'failed');
  const last = failed?.attempts.at(-1);
  const run = failed && view.runs.findLast(({ step, ok }) => step === failed.step && !ok);
  const sqlState = run?.sqlState ?? last?.code;
  if (!failed || sqlState === undefined || !/^[0-9A-Z]{5}$/.test(sqlState) || passing.test(sqlState)) {
    return undefined;
  }
  const statement = view.step(failed.step)?.source?.statements.find(({ index }) => index === run?.index);
  const at = statement === undefined ? '' : ` at ${quoted(statement.text)}`;
  const since = sinceStep(view, failed.step, run?.index);
  if (!since) return undefined;
  return {
    step: since.step,
    seenBy: 'run',
    how: 'fails',
    because: `rollback step ${stepName(failed.step)} failed under load${at}: ${oneLine(last?.message)}${code(sqlState)}; ${since.why}`,
  };
}

/**
 * Since which upgrade step a statement of the rollback cannot go back: the first one that changed a table it works
 * on; or a later one, from whose end the traffic wrote to that table in a new shape.
 */
function sinceStep(
  view: JudgedView,
  rollbackStep: string,
  index: number | undefined,
): { step: string; why: string } | undefined {
  const { plan, trace, steps } = view.result;
  const traced = (id: string) => trace.statements.filter(({ step }) => step === id);
  const tablesOf = (id: string, only?: number) =>
    traced(id)
      .filter((statement) => only === undefined || statement.index === only)
      .flatMap(({ locks }) => locks)
      .filter(
        ({ relkind, mode, created }) => ['r', 'p'].includes(relkind) && !weak.includes(mode) && !created,
      )
      .map(({ relation }) => tableName(relation));
  const own = tablesOf(rollbackStep, index);
  const tables = new Set(own.length > 0 ? own : tablesOf(rollbackStep));
  const changed = plan.upgrade.findIndex(({ id }) => tablesOf(id).some((table) => tables.has(table)));
  const shaped = newShapes(view, tables);
  const at = Math.max(changed, shaped ?? -1);
  const step = plan.upgrade[at];
  if (step) {
    const why =
      at === shaped && shaped > changed
        ? `from the end of ${stepName(step.id)} on, the traffic wrote to ${some([...tables])} in the new shape`
        : `${stepName(step.id)} is the first step that changes ${some([...tables])}`;
    return { step: step.id, why };
  }
  const ended = steps.filter(({ side, outcome }) => side === 'upgrade' && outcome === 'ok').at(-1);
  return ended && { step: ended.step, why: 'since which step is not known: this is the last that ran' };
}

/** What reads, writes and row locks take: no change of the schema. */
const weak: readonly string[] = ['AccessShareLock', 'RowShareLock', 'RowExclusiveLock'];

/** Where in the upgrade the traffic first writes to one of the tables as a variant does. */
function newShapes({ result }: JudgedView, tables: ReadonlySet<string>): number | undefined {
  const { plan } = result;
  const from = Object.values(plan.scenario.traffic.endpoints)
    .flatMap(({ variants }) => variants)
    .filter(({ writes }) => writes.some((item) => tables.has(tableName(item).replace(/\.[^.]*$/, ''))))
    .map((variant) => plan.upgrade.findIndex(({ id }) => id === resolveStep(plan, variant.from)?.id))
    .filter((at) => at >= 0);
  return from.length > 0 ? Math.min(...from) : undefined;
}

function fromLedger(view: JudgedView): NoReturn | undefined {
  const found = lostWrites(view.result);
  const earliest = found?.earliestSentUs;
  if (!found || found.lost === 0 || earliest === undefined) return undefined;
  const upgraded = view.result.steps.filter(({ side, outcome }) => side === 'upgrade' && outcome === 'ok');
  const last = upgraded.findLast(({ toUs }) => toUs <= earliest);
  const step = last ?? upgraded[0];
  if (!step) return undefined;
  const sent = last
    ? 'the first acknowledged write that the rollback lost was sent after it'
    : 'the rollback lost acknowledged writes that were sent before it had ended; since which step is not known: it is the first';
  return { step: step.step, seenBy: 'ledger', how: 'loses', because: `${sent} (${found.lost} lost in all)` };
}

function oneLine(text = 'no message'): string {
  return text.split('\n')[0] ?? '';
}

function code(sqlState: string | undefined): string {
  return sqlState === undefined ? '' : ` (${sqlState})`;
}
