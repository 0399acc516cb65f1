import type { JudgedHint } from '../../model/hazard.js';
import type { StatementTrace } from '../../model/observation.js';
import type { PlannedStep } from '../../model/plan.js';
import { lockModes } from '../../model/scenario.js';
import { strengthOf } from '../traced-locks.js';
import { tableName } from '../wording.js';

/** squawk's rules that say something of locks, rewrites, scans, or of what other sessions meet; the rest is style. */
const aboutLocks: Readonly<Record<string, (seen: Seen) => string | undefined>> = {
  'adding-field-with-default': noRewrite,
  'changing-column-type': noRewrite,
  'adding-serial-primary-key-field': noRewrite,
  'adding-not-nullable-field': noScan,
  'adding-required-field': neverContradicted,
  'constraint-missing-not-valid': noScan,
  'adding-foreign-key-constraint': noScan,
  'disallowed-unique-constraint': noScan,
  'require-concurrent-index-creation': noTableOfOthers,
  'require-concurrent-index-deletion': noTableOfOthers,
  'require-concurrent-reindex': noTableOfOthers,
  'require-concurrent-partition-detach': noTableOfOthers,
  'require-lock-timeout': lockTimeout,
  'ban-concurrent-index-creation-in-transaction': neverContradicted,
  'ban-drop-column': neverContradicted,
  'ban-drop-table': neverContradicted,
  'ban-alter-domain-with-add-constraint': noScan,
  'renaming-column': neverContradicted,
  'renaming-table': neverContradicted,
};

interface Seen {
  statement: StatementTrace;
  step: PlannedStep | undefined;
  message: string;
}

/** The hints about locks, each with what the trace saw that says otherwise. A statement that failed contradicts none. */
export function judgeHints(statement: StatementTrace, step: PlannedStep | undefined): JudgedHint[] {
  return (statement.hints ?? []).flatMap((hint): JudgedHint[] => {
    const contradiction = aboutLocks[hint.rule];
    if (!contradiction) return [];
    const contradicted = statement.outcome.ok
      ? contradiction({ statement, step, message: hint.message })
      : undefined;
    return [contradicted === undefined ? hint : { ...hint, contradicted }];
  });
}

function neverContradicted(): undefined {
  return undefined;
}

function lockText({ locks }: StatementTrace): string {
  const felt = locks.filter(({ created, relkind }) => !created && ['r', 'p', 'm'].includes(relkind));
  return (
    felt.map(({ mode, relation }) => `${mode} on ${tableName(relation)}`).join(', ') ||
    'no lock on a table that was there before'
  );
}

function noRewrite({ statement }: Seen): string | undefined {
  const rewrites = statement.rewrites.length > 0 || statement.scans.some(({ kind }) => kind === 'rewrite');
  return rewrites ? undefined : `the trace saw no rewrite (${lockText(statement)}, ${workText(statement)})`;
}

function noScan({ statement }: Seen): string | undefined {
  return statement.scans.length > 0 || statement.rewrites.length > 0
    ? undefined
    : `the trace saw no scan (${lockText(statement)})`;
}

function workText({ scans }: StatementTrace): string {
  return scans.length === 0
    ? 'no scan'
    : scans.map(({ kind, relation }) => `${kind} ${tableName(relation)}`).join(', ');
}

function noTableOfOthers({ statement }: Seen): string | undefined {
  const felt = statement.locks.some(({ created }) => !created);
  return statement.polled || felt
    ? undefined
    : 'its table was made in the same transaction: nobody waits for it';
}

function lockTimeout({ statement, step, message }: Seen): string | undefined {
  if (step && 'sql' in step && step.lockTimeout !== undefined) {
    return `the step sets lock_timeout ${step.lockTimeout} ms, which a linter cannot see`;
  }
  // `potentially slow ACCESS EXCLUSIVE lock operations`: contradicted only where no lock so strong was taken.
  const named = /slow ([A-Z ]+) lock operations/.exec(message)?.[1]?.replaceAll(' ', '').toLowerCase();
  const least = lockModes.findIndex((mode) => mode.toLowerCase() === `${named ?? ''}lock`);
  if (least < 0 || statement.polled) return undefined;
  const taken = statement.locks.some(({ mode, created }) => !created && strengthOf(mode) >= least);
  return taken ? undefined : `the trace saw no lock that strong (${lockText(statement)})`;
}
