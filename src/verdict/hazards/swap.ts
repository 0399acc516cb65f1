import type { StatementTrace } from '../../model/observation.js';
import type { ExplainStatement } from './hazard.js';
import { bareName, brief } from './twin-sql.js';

/** Hazard 29: a column and the trigger (or its function) that uses it are changed in transactions of their own. */
export const explainSwap: ExplainStatement = (context) => {
  const { step, statement, parts } = context;
  const table = parts.table === undefined ? undefined : bareName(parts.table);
  if (table === undefined || !(isTrigger(statement) || changesColumn(statement))) return undefined;
  const others = step.filter(
    (traced) => traced.parts?.table !== undefined && bareName(traced.parts.table) === table,
  );
  const trigger = others.find(isTrigger);
  const column = others.find(changesColumn);
  if (!trigger || !column || trigger.transaction === column.transaction) return undefined;
  const [first, second] = trigger.index < column.index ? [trigger, column] : [column, trigger];
  const between = step.filter(({ index }) => index >= first.index && index <= second.index);
  return {
    number: 29,
    name: 'a trigger and its column swapped in separate transactions',
    explanation: `between the two commits the trigger and the columns of ${parts.table ?? ''} do not fit each other: writes do not wait then, they fail`,
    remedy: 'change both in one transaction: its AccessExclusiveLock is held for both, for a moment',
    twin: [
      brief(
        [
          'BEGIN;',
          ...between.map(({ statement: text }) => `${text.trim().replace(/;$/, '')};`),
          'COMMIT',
        ].join('\n'),
      ),
    ],
    heavy: true,
  };
};

function isTrigger({ parts }: StatementTrace): boolean {
  return parts?.node === 'CreateTrigStmt' || parts?.drops?.kind === 'trigger';
}

function changesColumn({ parts }: StatementTrace): boolean {
  return parts?.renames !== undefined || (parts?.actions ?? []).some(({ kind }) => kind === 'DropColumn');
}
