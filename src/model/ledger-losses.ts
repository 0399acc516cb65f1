import type { Audit, Loss, LossClass, LossExample } from './ledger.js';
import type { Phase } from './scenario-words.js';

/** Gone, or back at what was before; the other classes are there, and wrong. */
const goneClasses: readonly LossClass[] = ['row lost', 'value lost', 'reverted update'];

export type LossKind = 'lost' | 'changed';

export function lossKindOf({ class: of }: { class: LossClass }): LossKind {
  return goneClasses.includes(of) ? 'lost' : 'changed';
}

/** One kind of loss that one audit of a run saw first. */
export interface LossTotal {
  entity: string;
  table: string;
  class: LossClass;
  column?: string;
  kind: LossKind;
  /** Different rows or values; at least so many where there were more than could be told apart. */
  count: number;
  discarded: boolean;
  gone: boolean;
  /** The phases before the audit that saw them first. */
  firstSeenAfter: Phase[];
  /** By the phase the lost writes were sent in. */
  byPhase: Loss['byPhase'];
  earliestSentUs?: number;
  examples: LossExample[];
}

/**
 * Adds up what the audits of a run found wrong: each row or value once, with the audit that saw it first, so that
 * what an upgrade loses and what a rollback loses are never one number. Pure.
 */
export function lossTotals(audits: readonly Audit[]): LossTotal[] {
  const totals: LossTotal[] = [];
  const counted = new Map<string, number>();
  for (const audit of audits) {
    for (const { entity, table, losses } of audit.entities) {
      for (const loss of losses) {
        const id = JSON.stringify([entity, loss.class, loss.column]);
        const before = counted.get(id) ?? 0;
        // Which of them are new was no longer told apart: those beyond what was counted are, at least.
        const count = audit.freshInexact ? Math.max(0, loss.count - before) : loss.fresh;
        if (count === 0) continue;
        counted.set(id, before + count);
        totals.push({
          entity,
          table,
          class: loss.class,
          ...(loss.column !== undefined && { column: loss.column }),
          kind: lossKindOf(loss),
          count,
          discarded: loss.discarded,
          gone: loss.gone,
          firstSeenAfter: audit.after,
          byPhase: loss.byPhase,
          ...(loss.earliestSentUs !== undefined && { earliestSentUs: loss.earliestSentUs }),
          examples: loss.examples.slice(0, count),
        });
      }
    }
  }
  return totals;
}

/**
 * Of an entity's indeterminate writes, those that are known to have happened by the last of these audits. One that an
 * audit found is explained by it and is no news to the next; but where requests were under way, it may be told again.
 */
export function landedBy(audits: readonly Audit[], entity: string): number {
  const told = audits.filter(({ underWay }, at) => underWay === 0 || at === audits.length - 1);
  const of = (audit: Audit | undefined) => audit?.entities.find((one) => one.entity === entity);
  const landed = told.reduce((sum, audit) => sum + (of(audit)?.landed ?? 0), 0);
  return Math.min(landed, of(audits.at(-1))?.indeterminate ?? 0);
}
