import type { HazardName } from '../../model/hazard.js';
import type { StatementTrace, TraceReport } from '../../model/observation.js';
import type { Side } from '../../model/plan.js';
import { explainAddColumn } from './add-column.js';
import { explainChangeType } from './change-type.js';
import { explainConstraint } from './constraints.js';
import type { Explained, ExplainAction, ExplainStatement, HazardContext } from './hazard.js';
import { explainIndex } from './indexes.js';
import { explainPartition, explainPartitionOf } from './partitions.js';
import { explainRows } from './rows.js';
import { explainSwap } from './swap.js';
import { explainDropColumn, explainOtherAction, explainStatement } from './tables.js';
import { twinScript } from './twin-sql.js';

const byAction: readonly ExplainAction[] = [
  explainAddColumn,
  explainChangeType,
  explainConstraint,
  explainPartition,
  explainDropColumn,
  explainOtherAction,
];
const byStatement: readonly ExplainStatement[] = [
  explainSwap,
  explainIndex,
  explainRows,
  explainPartitionOf,
  explainStatement,
];

/** A statement's hazard, what to do, and the safe way as a script. */
export interface StatementHazard extends HazardName {
  remedy: string;
  twin?: string;
  heavy: boolean;
}

/**
 * Which hazard a traced statement is, from what the grammar found in it and what it did on the clone; undefined for
 * what is in no row of the table, and for traces that are older than this. Of several actions of an ALTER TABLE the
 * worst names it, and the twin does all of them.
 */
export function explainTraced(trace: TraceReport, statement: StatementTrace): StatementHazard | undefined {
  const { parts } = statement;
  if (!parts || isNobodys(statement)) return undefined;
  const side: Side = statement.step.startsWith('rollback.') ? 'rollback' : 'upgrade';
  const step = trace.statements.filter((traced) => traced.step === statement.step);
  const context: HazardContext = { statement, parts, side, step, tables: trace.tables };
  for (const explain of byStatement) {
    const explained = explain(context);
    if (explained) return named([explained]);
  }
  const { actions = [], table } = parts;
  if (table === undefined) return undefined;
  return named(
    actions.flatMap((action) =>
      byAction.flatMap((explain) => explain({ ...context, action, table }) ?? []).slice(0, 1),
    ),
  );
}

/** On relations made in the same transaction nobody else can wait. */
function isNobodys({ locks, outcome }: StatementTrace): boolean {
  return outcome.ok && locks.length > 0 && locks.every(({ created }) => created);
}

function named(explained: readonly Explained[]): StatementHazard | undefined {
  const worst = explained.find(({ heavy }) => heavy) ?? explained[0];
  if (!worst) return undefined;
  const { number, name, explanation, remedy, heavy } = worst;
  const twins = explained.map(({ twin }) => twin);
  const whole = twins.every((twin) => twin !== undefined) ? twins.flat() : [];
  return { number, name, explanation, remedy, heavy, ...(whole.length > 0 && { twin: twinScript(whole) }) };
}
