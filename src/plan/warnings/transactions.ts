import type { SqlLook, Warning, WarningInput } from './warning.js';

/** SQL that Postgres will refuse, or whose end is not what it seems, where the text alone tells. */
export function warnTransactions({ looks }: WarningInput): Warning[] {
  return looks.flatMap((look) => [...warnWrapped(look), ...warnOpen(look), ...warnRepeat(look)]);
}

function warnWrapped({ step, path }: SqlLook): Warning[] {
  if (step.source?.transaction !== 'file') return [];
  const refused = step.source.statements.find(({ transactional }) => !transactional);
  if (refused) {
    return [
      {
        path: [...path, 'transaction'],
        message: `line ${refused.line} of its SQL refuses a transaction block, and transaction: file puts one around it: the step will fail (25001)`,
        hint: 'transaction: statement, or a step of its own for that statement',
      },
    ];
  }
  const own = step.source.statements.find(({ kind }) => kind === 'begin');
  if (!own) return [];
  return [
    {
      path: [...path, 'transaction'],
      message: `line ${own.line} of its SQL opens a transaction inside the one of transaction: file; its COMMIT will end both`,
      hint: 'transaction: statement leaves the boundaries to the file',
    },
  ];
}

function warnOpen({ step, path }: SqlLook): Warning[] {
  if (step.source?.transaction !== 'statement') return [];
  let openSince: number | undefined;
  for (const { kind, line } of step.source.statements) {
    if (kind === 'begin') openSince ??= line;
    if (kind === 'commit' || kind === 'rollback') openSince = undefined;
  }
  if (openSince === undefined) return [];
  return [
    {
      path: [...path, 'sql'],
      message: `the BEGIN of line ${openSince} has no COMMIT: Postgres will roll it back`,
      hint: 'end the file with COMMIT;',
    },
  ];
}

function warnRepeat({ step, path, statements }: SqlLook): Warning[] {
  if (!('sql' in step) || step.repeat === undefined) return [];
  const last = statements.filter(({ statement }) => statement.kind === 'other').at(-1)?.statement;
  if (last === undefined || /^(Update|Insert|Delete|Merge|Select|Call)Stmt$/.test(last.node)) return [];
  return [
    {
      path: [...path, 'repeat'],
      message: `repeat stops by the rows that the last statement touched, and line ${last.line} touches none`,
      hint: 'end with the batched UPDATE, INSERT or DELETE',
    },
  ];
}
