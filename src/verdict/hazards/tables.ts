import type { StatementTrace } from '../../model/observation.js';
import type { ExplainAction, ExplainStatement, Explained, HazardContext } from './hazard.js';
import { bareName, brief, patient } from './twin-sql.js';

const inTheQueue =
  'give it a lock_timeout below what your users notice, and retries: while it waits in the queue, everybody waits behind it';

/** Hazard 27: DROP COLUMN. */
export const explainDropColumn: ExplainAction = ({ action, table, side }) => {
  if (action.kind !== 'DropColumn') return undefined;
  const column = action.column ?? 'the column';
  if (side === 'upgrade') {
    return {
      number: 27,
      name: 'DROP COLUMN',
      explanation: `it takes AccessExclusiveLock on ${table} for a moment; the values of ${column} are gone, and a rollback cannot bring them back`,
      remedy:
        'let the new release stop using the column first; drop it in an upgrade of its own, later, under a lock_timeout with retries',
      twin: [
        brief(
          `ALTER TABLE ${table} ALTER COLUMN ${column} DROP NOT NULL`,
          `and, once no release reads it: ALTER TABLE ${table} ${action.text}`,
        ),
      ],
      heavy: true,
    };
  }
  return {
    number: 27,
    name: 'down: DROP COLUMN that holds new writes',
    explanation: `what was written to ${column} since the upgrade is lost; added again, the column stands last and empty`,
    remedy:
      'leave the column in place on the way down: the old release does not see it. Only its NOT NULL must go, so that the old release’s inserts pass',
    twin: [
      brief(
        `ALTER TABLE ${table} ALTER COLUMN ${column} DROP NOT NULL`,
        'keeps the column and what was written to it',
      ),
    ],
    heavy: true,
  };
};

/** Hazard 25, and every other action of ALTER TABLE: by the lock that the trace saw. */
export const explainOtherAction: ExplainAction = ({ action, table, statement }) => {
  const mode = statement.locks.find(
    ({ created, relkind }) => !created && (relkind === 'r' || relkind === 'p'),
  )?.mode;
  const gentle = mode === 'ShareUpdateExclusiveLock';
  return {
    number: 25,
    name: gentle ? 'a setting' : `ALTER TABLE … ${words(action.kind)}`,
    explanation: gentle
      ? `it takes ShareUpdateExclusiveLock on ${table}, which blocks neither reads nor writes`
      : `it takes ${mode ?? 'its lock'} on ${table} for a moment`,
    remedy: gentle ? 'nothing' : inTheQueue,
    twin: statement.rewrites.length > 0 ? undefined : [brief(`ALTER TABLE ${table} ${action.text}`)],
    heavy: false,
  };
};

function words(kind: string): string {
  return kind.replace(/([a-z])([A-Z])/g, '$1 $2').toUpperCase();
}

/** Hazards 13, 24, 25: DROP TABLE, enums, triggers, comments. */
export const explainStatement: ExplainStatement = (context) => {
  const { parts, statement } = context;
  if (!statement.outcome.ok && statement.outcome.sqlState === '55P04') return usesNewValue(context);
  switch (parts.node) {
    case 'AlterEnumStmt':
      return {
        number: 24,
        name: 'enum ADD VALUE',
        explanation: usedAtOnce(context)
          ? 'the new value cannot be used before its transaction has committed (55P04)'
          : 'it locks no table; but there is no way down: Postgres cannot take an enum value away',
        remedy: usedAtOnce(context)
          ? 'commit it before the statements that use it: a file of its own, or transaction: statement'
          : 'write the rollback so that it leaves the value in place, and let the old release ignore it',
        twin: [patient(statement.statement, 'committed by itself, before anything uses the value')],
        heavy: false,
      };
    case 'CreateTrigStmt':
      return queued(
        context,
        25,
        'CREATE TRIGGER',
        `it takes ShareRowExclusiveLock on ${parts.table ?? 'the table'} for a moment: writes wait`,
      );
    case 'DropStmt':
      if (parts.drops?.kind === 'trigger') {
        return queued(
          context,
          25,
          'DROP TRIGGER',
          `it takes AccessExclusiveLock on ${parts.table ?? 'the table'} for a moment: reads and writes wait`,
        );
      }
      return parts.drops?.kind === 'table' ? droppedTable(context) : undefined;
    case 'RenameStmt':
      return parts.renames
        ? queued(
            context,
            25,
            'RENAME COLUMN',
            `it takes AccessExclusiveLock on ${parts.table ?? 'the table'} for a moment; and from its commit on, every query that still says ${parts.renames.from} fails`,
          )
        : undefined;
    case 'CommentStmt':
      return {
        number: 25,
        name: 'COMMENT',
        explanation: 'it takes ShareUpdateExclusiveLock, which blocks neither reads nor writes',
        remedy: 'nothing',
        twin: [patient(statement.statement)],
        heavy: false,
      };
    default:
      return undefined;
  }
};

function queued({ statement }: HazardContext, number: number, name: string, explanation: string): Explained {
  return { number, name, explanation, remedy: inTheQueue, twin: [brief(statement.statement)], heavy: false };
}

function droppedTable(context: HazardContext): Explained {
  const { parts, statement } = context;
  const dropped = new Set((parts.drops?.names ?? []).map(bareName));
  const others = statement.locks
    .filter(
      ({ relation, relkind, created }) => relkind === 'r' && !created && !dropped.has(bareName(relation)),
    )
    .map(({ relation }) => relation);
  const also =
    others.length > 0
      ? ` and on ${others.join(', ')}, which its foreign keys refer to: their reads wait as well`
      : '';
  return queued(
    context,
    13,
    'DROP TABLE',
    `it takes AccessExclusiveLock on ${parts.table ?? 'the table'}${also}`,
  );
}

/** The statement that uses an enum value of its own transaction: the value must be committed first. */
function usesNewValue({ statement, step }: HazardContext): Explained {
  const added = step.filter(({ parts, index }) => parts?.node === 'AlterEnumStmt' && index < statement.index);
  return {
    number: 24,
    name: 'a new enum value used in the transaction that adds it',
    explanation:
      'Postgres refuses it (55P04): a new value can be used only once its transaction has committed',
    remedy: 'commit ADD VALUE first: a file of its own, or transaction: statement',
    twin: [...added, statement].map((traced) => patient(traced.statement)),
    heavy: true,
  };
}

function usedAtOnce({ statement, step }: HazardContext): boolean {
  const code = '55P04';
  const failed = (traced: StatementTrace) => !traced.outcome.ok && traced.outcome.sqlState === code;
  return step.some((traced) => failed(traced) && traced.index >= statement.index);
}
