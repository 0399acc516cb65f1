import type { ConstraintParts } from '../../model/statement-parts.js';
import { scanned, type ActionContext, type ExplainAction, type Explained } from './hazard.js';
import { besides, brief, madeName, notNull, patient } from './twin-sql.js';

const lockTimeoutRemedy =
  'give it a lock_timeout below what your users notice, and retries: while it waits in the queue, everybody waits behind it';

/** Hazards 8–13 and 19: constraints. */
export const explainConstraint: ExplainAction = (context) => {
  const { action, table } = context;
  if (action.kind === 'SetNotNull') return setNotNull(context);
  if (action.kind === 'ValidateConstraint') return validating(context);
  if (action.kind === 'DropConstraint') {
    const parents =
      context.statement.locks.filter(({ relkind, created }) => relkind === 'r' && !created).length > 1;
    return {
      number: 13,
      name: parents ? 'DROP FOREIGN KEY' : 'DROP CONSTRAINT',
      explanation: parents
        ? `it takes AccessExclusiveLock on both tables for a moment: reads of the table referred to wait as well`
        : `it takes AccessExclusiveLock on ${table} for a moment`,
      remedy: lockTimeoutRemedy,
      twin: [brief(`ALTER TABLE ${table} ${action.text}`)],
      heavy: false,
    };
  }
  const { constraint } = action;
  if (action.kind !== 'AddConstraint' || !constraint) return undefined;
  switch (constraint.kind) {
    case 'check':
    case 'not null':
      return check(context, constraint);
    case 'foreign key':
      return foreignKey(context, constraint);
    case 'unique':
    case 'primary key':
      return unique(context, constraint);
    case 'exclusion':
    case 'other':
      return undefined;
  }
};

function setNotNull(context: ActionContext): Explained {
  const { action, table } = context;
  const column = action.column ?? '';
  const scans = scanned(context, 'verify');
  return {
    number: 8,
    name: 'SET NOT NULL',
    explanation: scans
      ? `it reads all of ${table} under AccessExclusiveLock to see that no ${column} is null: nobody reads or writes ${table} meanwhile`
      : `it takes AccessExclusiveLock on ${table} for a moment; a validated CHECK spared it the scan`,
    remedy: scans
      ? 'prove it first by a CHECK … NOT VALID that is validated without blocking; SET NOT NULL then scans nothing'
      : lockTimeoutRemedy,
    twin: scans ? notNull(table, column) : [brief(`ALTER TABLE ${table} ${action.text}`)],
    heavy: scans,
  };
}

function nameOf({ table }: ActionContext, constraint: ConstraintParts, suffix: string): string {
  return constraint.name ?? madeName(table, ...constraint.columns, suffix);
}

/** In two steps: NOT VALID holds its lock for a moment, VALIDATE scans under one that lets everybody through. */
function twoSteps({ table }: ActionContext, name: string, definition: string) {
  return [
    brief(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition} NOT VALID`),
    patient(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`, 'scans, and blocks neither reads nor writes'),
  ];
}

function check(context: ActionContext, constraint: ConstraintParts): Explained {
  const { action, table } = context;
  const number = constraint.kind === 'check' ? 9 : 10;
  const what = constraint.kind === 'check' ? 'ADD CHECK' : 'ADD NOT NULL';
  if (constraint.notValid || !scanned(context, 'verify')) {
    return {
      number,
      name: `${what}${constraint.notValid ? ' NOT VALID' : ''}`,
      explanation: `it takes AccessExclusiveLock on ${table} for a moment, and reads no row`,
      remedy: lockTimeoutRemedy,
      twin: [brief(`ALTER TABLE ${table} ${action.text}`)],
      heavy: false,
    };
  }
  return {
    number,
    name: what,
    explanation: `it reads all of ${table} under AccessExclusiveLock: nobody reads or writes ${table} until every row is checked`,
    remedy:
      'add it NOT VALID, which holds the lock for a moment, and VALIDATE it after that: the scan then blocks neither reads nor writes',
    twin: twoSteps(
      context,
      nameOf(context, constraint, constraint.kind === 'check' ? 'check' : 'not_null'),
      constraint.definition,
    ),
    heavy: true,
  };
}

function foreignKey(context: ActionContext, constraint: ConstraintParts): Explained {
  const { action, table } = context;
  const parent = constraint.references ?? 'the table it refers to';
  if (constraint.notValid) {
    return {
      number: 11,
      name: 'ADD FOREIGN KEY NOT VALID',
      explanation: `it takes ShareRowExclusiveLock on ${table} and on ${parent} for a moment: writes to both wait while it waits for either`,
      remedy: lockTimeoutRemedy,
      twin: [brief(`ALTER TABLE ${table} ${action.text}`)],
      heavy: false,
    };
  }
  return {
    number: 11,
    name: 'ADD FOREIGN KEY',
    explanation: `it checks every row of ${table} under ShareRowExclusiveLock on ${table} and on ${parent}: reads go on, writes to both tables wait until it is done`,
    remedy:
      'add it NOT VALID, which holds the locks for a moment, and VALIDATE it after that: the check then blocks no write',
    twin: twoSteps(context, nameOf(context, constraint, 'fkey'), constraint.definition),
    heavy: true,
  };
}

function validating(context: ActionContext): Explained {
  const isForeignKey = context.statement.scans.some(({ kind }) => kind === 'validate foreign key');
  return {
    number: isForeignKey ? 12 : 9,
    name: isForeignKey ? 'VALIDATE FOREIGN KEY' : 'VALIDATE CONSTRAINT',
    explanation: `it scans ${context.table} under ShareUpdateExclusiveLock, which blocks neither reads nor writes`,
    remedy: 'nothing: it is the safe half of ADD … NOT VALID',
    twin: [patient(`ALTER TABLE ${context.table} ${context.action.text}`)],
    heavy: false,
  };
}

function unique(context: ActionContext, constraint: ConstraintParts): Explained {
  const { action, table } = context;
  const what = constraint.kind === 'unique' ? 'UNIQUE' : 'PRIMARY KEY';
  if (constraint.usingIndex !== undefined) {
    return {
      number: 19,
      name: `ADD ${what} USING INDEX`,
      explanation: `it takes AccessExclusiveLock on ${table} for a moment: the index is there already`,
      remedy: lockTimeoutRemedy,
      twin: [brief(`ALTER TABLE ${table} ${action.text}`)],
      heavy: false,
    };
  }
  const name = nameOf(context, constraint, constraint.kind === 'unique' ? 'key' : 'pkey');
  const keys = constraint.kind === 'primary key' && scanned(context, 'verify') ? constraint.columns : [];
  const rest =
    /^(?:unique|primary\s+key)\s*(nulls\s+(?:not\s+)?distinct)?\s*\([^()]*\)\s*(include\s*\([^()]*\))?\s*(not\s+deferrable|deferrable(?:\s+initially\s+\w+)?)?$/i.exec(
      constraint.definition,
    );
  return {
    number: 19,
    name: `ADD ${what}`,
    explanation: `it builds the index of ${table} under AccessExclusiveLock: nobody reads or writes ${table} until it is built`,
    remedy:
      'build the unique index CONCURRENTLY, and make the constraint from it USING INDEX, which holds the lock for a moment',
    twin:
      rest && constraint.columns.length > 0
        ? [
            ...keys.flatMap((column) => notNull(table, column)),
            patient(
              [
                'CREATE UNIQUE INDEX CONCURRENTLY',
                name,
                'ON',
                table,
                `(${constraint.columns.join(', ')})`,
                rest[2],
                rest[1],
              ]
                .filter((word) => word !== undefined)
                .join(' '),
              `if it fails it leaves an invalid index: DROP INDEX CONCURRENTLY ${besides(table, name)}, and try again`,
            ),
            brief(
              `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${what} USING INDEX ${name}${rest[3] === undefined ? '' : ` ${rest[3]}`}`,
            ),
          ]
        : undefined,
    heavy: true,
  };
}
