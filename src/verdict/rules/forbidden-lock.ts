import { formatMs } from '../../foundation/units.js';
import type { StatementTrace, TracedLock } from '../../model/observation.js';
import { forbiddenModes, isAbout, type ForbiddenLock } from '../../model/lock-policy.js';
import type { LockMode } from '../../model/scenario.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import type { JudgedView } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { heldMs, type StatementRun } from '../statement-runs.js';
import { traceGaps } from '../traced-locks.js';
import { tablesBehind, unknownTouch } from '../traffic-tables.js';
import { plural, quoted, some, stepName, tableName } from '../wording.js';

/** Lock modes that may not be held, or not so long, on tables. NO-GO. */
export const forbiddenLock: Rule = {
  id: 'forbidden-lock',
  title: 'Forbidden locks',
  doc: 'A statement held a lock of a forbidden mode (exactly those modes, or those that block reads or writes; per the trace pass) longer than allowed under load, from its grant to the end of its transaction: NO-GO. Relations made in the same transaction do not count.',
  judge(view) {
    const forbid = view.result.plan.scenario.objectives.locks?.forbid ?? [];
    if (forbid.length === 0) return notAsked;
    const findings: RuleFinding[] = [];
    let longest: { ms: number; text: string } | undefined;
    for (const forbidden of forbid) {
      for (const statement of view.result.trace.statements) {
        for (const [table, locks] of locksByTable(view, forbidden, statement)) {
          const held = worstHold(view, statement, table, locks);
          if (!held) continue;
          const text = describe(statement, table, locks, held);
          if (!longest || held.ms > longest.ms) longest = { ms: held.ms, text };
          if (held.ms <= forbidden.heldLongerThan) continue;
          findings.push({
            weight: 'NO-GO',
            what: `${text}, ${formatMs(forbidden.heldLongerThan)} allowed${forbidden.traffic ? unknownTouch(view.trafficTables, table) : ''}`,
            where: {
              step: statement.step,
              statement: statement.statement,
              table,
              fromUs: held.run.fromUs,
              toUs: held.run.releasedUs,
            },
            measured: held.ms,
            limit: forbidden.heldLongerThan,
            unit: 'ms',
            why: whyHeld(statement),
            remedy: remedyFor(statement),
          });
        }
      }
    }
    return {
      findings,
      unjudged: [...traceGaps(view), ...unknownTables(view, forbid)],
      summary: longest ? `longest: ${longest.text}` : 'no lock of a forbidden mode was held',
    };
  },
};

/** Tables that no one has seen: a name written wrong would be met by any run. */
function unknownTables(view: JudgedView, forbid: readonly ForbiddenLock[]): Unjudged[] {
  const { trace } = view.result;
  if (trace.state !== 'complete') return [];
  const known = new Set(
    [
      ...Object.keys(trace.tables),
      ...trace.statements.flatMap(({ locks }) => locks.map(({ relation }) => relation)),
    ].map(tableName),
  );
  const named = new Set(forbid.flatMap(({ table }) => table ?? []));
  return [...named]
    .filter((table) => !table.endsWith('*') && !known.has(tableName(table)))
    .map((table) => ({
      what: `objectives.locks.forbid names the table "${table}", which is not in the database`,
      remedy: `write it as the database does, with its schema if that is not public${known.size > 0 ? `: ${some([...known].sort())}` : ''}`,
      where: { table },
    }));
}

/** The locks of a statement that an entry forbids, by the table they are felt on. */
function locksByTable(
  view: JudgedView,
  forbidden: ForbiddenLock,
  statement: StatementTrace,
): Map<string, TracedLock[]> {
  const byTable = new Map<string, TracedLock[]>();
  const modes = forbiddenModes(forbidden);
  for (const lock of statement.locks) {
    if (!modes.includes(lock.mode as LockMode) || lock.created) continue;
    for (const table of tablesBehind(statement, lock)) {
      if (!isAbout(forbidden, table)) continue;
      if (forbidden.traffic && view.trafficTables.touch(table) === 'untouched') continue;
      byTable.set(table, [...(byTable.get(table) ?? []), lock]);
    }
  }
  return byTable;
}

interface Hold {
  ms: number;
  run: StatementRun;
  attempts: number;
}

/** Each attempt counts by itself; the longest is judged. */
function worstHold(
  view: JudgedView,
  statement: StatementTrace,
  table: string,
  locks: readonly TracedLock[],
): Hold | undefined {
  const runs = view.runs.filter(({ step, index }) => step === statement.step && index === statement.index);
  let worst: Hold | undefined;
  for (const run of runs) {
    const ms = Math.max(
      ...locks.map(({ relation }) => heldMs(view.result.lockWaits, run, [table, relation])),
    );
    if (ms > 0 && (!worst || ms > worst.ms)) worst = { ms, run, attempts: runs.length };
  }
  return worst;
}

function describe(
  statement: StatementTrace,
  table: string,
  locks: readonly TracedLock[],
  held: Hold,
): string {
  const others = locks.map(({ relation }) => tableName(relation)).filter((relation) => relation !== table);
  const beside = others.length > 0 ? ` (with ${some(others, 2)})` : '';
  const attempts = held.attempts > 1 ? ` in the worst of ${plural(held.attempts, 'run')}` : '';
  return `${quoted(statement.statement)} (step ${stepName(statement.step)}) held ${[...new Set(locks.map(({ mode }) => mode))].join(' and ')} on ${table}${beside} for ${formatMs(held.ms)}${attempts}`;
}

function whyHeld(statement: StatementTrace): string {
  const work = [
    ...(statement.rewrites.length > 0 ? [`it rewrites ${some(statement.rewrites.map(tableName), 3)}`] : []),
    ...statement.scans
      .filter(({ kind }) => kind !== 'rewrite')
      .map(({ kind, relation }) => `${kind}: ${tableName(relation)}`),
  ];
  const after = `on the traffic-free copy it took ${formatMs(statement.durationMs)} and kept its locks ${formatMs(statement.heldAfterMs)} longer`;
  return [...work.slice(0, 3), after].join('; ');
}

function remedyFor(statement: StatementTrace): string {
  if (statement.heldAfterMs > statement.durationMs) {
    return 'commit sooner: the lock was kept for later statements of the same transaction (transaction: statement, or a file of its own)';
  }
  if (/^\s*create\s+(unique\s+)?index\b(?!\s+concurrently)/i.test(statement.statement)) {
    return 'CREATE INDEX CONCURRENTLY, outside a transaction';
  }
  return statement.rewrites.length > 0
    ? 'add a new column, fill it in batches, and switch: a rewrite keeps everybody out while it lasts'
    : 'use the form that does not hold the lock while it works (CONCURRENTLY, NOT VALID and VALIDATE, USING INDEX)';
}
