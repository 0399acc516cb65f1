import type { StatementTrace, TraceReport } from '../../model/observation.js';
import type { Side } from '../../model/plan.js';
import type { AlterAction, StatementParts } from '../../model/statement-parts.js';
import type { TwinStatement } from './twin-sql.js';

/** One statement as it is explained. */
export interface HazardContext {
  statement: StatementTrace;
  parts: StatementParts;
  side: Side;
  /** What the same step traced, in order. */
  step: readonly StatementTrace[];
  tables: TraceReport['tables'];
}

/** One action of an ALTER TABLE. */
export interface ActionContext extends HazardContext {
  action: AlterAction;
  /** As written. */
  table: string;
}

export interface Explained {
  /** Row of the hazard table. */
  number: number;
  name: string;
  explanation: string;
  remedy: string;
  /** The same, safely; undefined where it cannot be made from the text. Empty: it is safe as it is. */
  twin: TwinStatement[] | undefined;
  /** Harmful by itself, and not only by its place in the queue: of several actions, the worst names the statement. */
  heavy: boolean;
}

/** One row of the hazard table or a few that belong together: says what it knows, else undefined. */
export type ExplainStatement = (context: HazardContext) => Explained | undefined;
export type ExplainAction = (context: ActionContext) => Explained | undefined;

/** A full scan of this kind was seen. */
export function scanned(
  { statement }: HazardContext,
  kind: StatementTrace['scans'][number]['kind'],
): boolean {
  return statement.scans.some((scan) => scan.kind === kind);
}

export function rewrote({ statement }: HazardContext): boolean {
  return statement.rewrites.length > 0 || statement.scans.some(({ kind }) => kind === 'rewrite');
}
