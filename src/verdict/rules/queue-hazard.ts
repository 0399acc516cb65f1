import { yamlScalar } from '../../foundation/yaml-scalar.js';
import { printedName } from '../../sql/printed-name.js';
import { collisionOf } from '../collisions.js';
import type { RuleFinding } from '../finding-parts.js';
import type { JudgedView } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { traceGaps } from '../traced-locks.js';
import { tablesBehind, unknownTouch } from '../traffic-tables.js';
import { plural, quoted, stepName, tableName } from '../wording.js';

const mode = 'AccessExclusiveLock';

/** Truth 2: a brief exclusive lock is harmless until it queues behind somebody. INVALID. */
export const queueHazard: Rule = {
  id: 'queue-hazard-not-exercised',
  title: 'Queue hazard',
  doc: 'A statement took AccessExclusiveLock on a table with traffic, and no older holder stood in its way in any attempt: what its queue does is not known. INVALID until a collision ran, or waived.',
  judge(view) {
    const { plan } = view.result;
    if (![...plan.upgrade, ...plan.rollback].some(({ kind }) => kind === 'sql' || kind === 'command')) {
      return notAsked;
    }
    const findings: RuleFinding[] = [];
    const exercised: string[] = [];
    for (const hazard of hazardsOf(view)) {
      const { step, indexes, table, relations } = hazard;
      const collision = collisionOf(view, { step, statements: indexes, relations: [table, ...relations] });
      if (collision === undefined) findings.push(findingOf(view, hazard));
      else exercised.push(`${hazard.table} in ${stepName(hazard.step)} (${collision})`);
    }
    const total = findings.length + exercised.length;
    return {
      findings,
      unjudged: traceGaps(view),
      summary:
        total === 0
          ? `no statement took ${mode} on a table with traffic`
          : `${exercised.length} of ${total} exercised${exercised.length > 0 ? `: ${exercised.join('; ')}` : ''}`,
    };
  },
};

interface Hazard {
  step: string;
  table: string;
  /** The locked relations felt on that table: itself, its indexes. */
  relations: string[];
  statements: string[];
  indexes: number[];
}

/** One hazard per step and table: its retries, and its other statements, meet the same holder. */
function hazardsOf(view: JudgedView): Hazard[] {
  const hazards = new Map<string, Hazard>();
  for (const statement of view.result.trace.statements) {
    if (!view.runs.some(({ step, index }) => step === statement.step && index === statement.index)) continue;
    for (const lock of statement.locks) {
      if (lock.mode !== mode || lock.created) continue;
      for (const table of tablesBehind(statement, lock)) {
        if (view.trafficTables.touch(table) === 'untouched') continue;
        const key = `${statement.step} ${table}`;
        const hazard = hazards.get(key) ?? {
          step: statement.step,
          table,
          relations: [],
          statements: [],
          indexes: [],
        };
        hazard.relations.push(tableName(lock.relation));
        if (!hazard.indexes.includes(statement.index)) hazard.indexes.push(statement.index);
        if (!hazard.statements.includes(statement.statement)) hazard.statements.push(statement.statement);
        hazards.set(key, hazard);
      }
    }
  }
  return [...hazards.values()];
}

function findingOf(view: JudgedView, { step, table, statements }: Hazard): RuleFinding {
  const first = statements[0] ?? '';
  const more = statements.length > 1 ? ` and ${plural(statements.length - 1, 'more statement')}` : '';
  const holdMs = view.result.plan.scenario.production?.longestTransaction ?? 20_000;
  return {
    weight: 'INVALID',
    what: `${quoted(first)}${more} (step ${stepName(step)}) took ${mode} on ${table}, which has traffic, and met no older holder: what queues behind it was not rehearsed${unknownTouch(view.trafficTables, table)}`,
    where: { step, statement: first, table },
    remedy:
      `let a transaction stand in its way: background: { long report: { kind: longTransaction, sql: ${yamlScalar(`select count(*) from ${printedName(table)}`)}, ` +
      `collide: { step: ${yamlScalar(step)}, startBefore: 1s, holdFor: ${Math.round(holdMs / 1000)}s } } } – or waive it with a reason`,
  };
}
