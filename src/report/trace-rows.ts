import type { StatementTrace } from '../model/observation.js';
import { lockModes } from '../model/scenario.js';
import { plain, tableName } from './plain-text.js';

export interface TraceRow {
  step: string;
  line: number;
  statement: string;
  /** `AccessExclusiveLock on orders (+2)`; `none` where it locks nothing that was there before. */
  lock: string;
  /** `rewrites orders; scans orders`; empty: neither. */
  work: string;
  /** Statement start → end of its transaction, on the clone: at most how long it held its locks there, ms. */
  heldMs: number;
  failed?: string;
  polled: boolean;
}

export function traceRows(statements: readonly StatementTrace[]): TraceRow[] {
  return statements.map((traced) => ({
    step: traced.step,
    line: traced.line,
    statement: traced.statement,
    lock: strongestLock(traced),
    work: workOf(traced),
    heldMs: traced.durationMs + traced.heldAfterMs,
    polled: traced.polled,
    ...(!traced.outcome.ok && {
      failed: plain(`${traced.outcome.sqlState ?? traced.outcome.code} ${traced.outcome.message}`),
    }),
  }));
}

/** Of relations that were there before its transaction; a table before an index at the same strength. */
function strongestLock({ locks }: StatementTrace): string {
  const felt = locks.filter(({ created }) => !created);
  const strength = (mode: string) => lockModes.findIndex((known) => known === mode);
  const isTable = (relkind: string) => (relkind === 'r' || relkind === 'p' ? 1 : 0);
  const strongest = [...felt].sort(
    (a, b) => strength(b.mode) - strength(a.mode) || isTable(b.relkind) - isTable(a.relkind),
  )[0];
  if (!strongest) return 'none';
  const alike = new Set(felt.filter(({ mode }) => mode === strongest.mode).map(({ relation }) => relation));
  const more = alike.size > 1 ? ` (+${alike.size - 1})` : '';
  return plain(`${strongest.mode} on ${tableName(strongest.relation)}${more}`);
}

const scanWords = {
  rewrite: 'rewrites',
  verify: 'scans',
  'build index': 'builds an index on',
  'validate foreign key': 'checks a foreign key of',
  validate: 'validates',
} as const;

function workOf({ rewrites, scans, invalidIndexes }: StatementTrace): string {
  const parts = new Set([
    ...rewrites.map((relation) => `rewrites ${tableName(relation)}`),
    ...scans.map(({ kind, relation }) => `${scanWords[kind]} ${tableName(relation)}`),
    ...invalidIndexes.map((relation) => `leaves ${tableName(relation)} invalid`),
  ]);
  return plain([...parts].join('; '));
}
