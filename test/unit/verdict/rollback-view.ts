import type { Audit } from '../../../src/model/ledger.js';
import type { RunEvent } from '../../../src/model/observation.js';
import type { RestorePart, RollbackTrial, RollbackTrials } from '../../../src/model/rollback.js';
import type { ResultView } from '../../../src/model/result.js';
import { buildView, s, sqlStep, type Planting } from './build-view.js';

export const addNote = sqlStep('upgrade', 'add note', ['alter table orders add note text']);
export const dropKind = sqlStep('upgrade', 'drop kind', ['alter table orders drop kind']);
export const indexNote = sqlStep('upgrade', 'index note', ['create index by_note on orders (note)']);
export const dropNote = sqlStep('rollback', 'drop note', ['alter table orders drop note']);

export function trial(afterStep: string, more: Partial<RollbackTrial> = {}): RollbackTrial {
  return { afterStep, outcome: 'restored', leftOut: 0, leftOutAt: [], lost: [], differences: [], ...more };
}

export function trialsOf(...all: RollbackTrial[]): RollbackTrials {
  return { state: 'complete', trials: all, tookMs: 1000 };
}

/** The parts of a restore, one after another from `fromUs`, ms each. */
export function restoreEvents(
  fromUs: number,
  ms: Record<RestorePart, number>,
  bytes = 100 * 1024 ** 2,
): (RunEvent & { atUs: number })[] {
  let atUs = fromUs;
  return (['stop', 'put back', 'start'] as const).flatMap((part) => {
    const about = { type: 'restore' as const, step: 'rollback.restore snapshot', part };
    const start = { ...about, edge: 'start' as const, atUs };
    atUs += ms[part] * 1000;
    return [start, { ...about, edge: 'end' as const, atUs, ...(part === 'put back' && { bytes }) }];
  });
}

/** A rehearsal of three steps up and one back; `way` and what else the plan says of its rollback. */
export function rollbackView(
  planting: Planting & {
    way?: 'steps' | 'snapshot';
    rollbackKeys?: object;
    trials?: RollbackTrials;
    audits?: Audit[];
  } = {},
): ResultView {
  const { way = 'steps', rollbackKeys = {}, trials, audits, ...rest } = planting;
  const view = buildView({ upgrade: [addNote, dropKind, indexNote], rollback: [dropNote], ...rest });
  const { scenario } = view.plan;
  const plan: ResultView['plan'] = {
    ...view.plan,
    rollbackWay: way,
    scenario: { ...scenario, rollback: { ...scenario.rollback, ...rollbackKeys } },
  };
  return {
    ...view,
    plan,
    manifest: { ...view.manifest, plan },
    ...(trials && { rollbackTrials: trials }),
    ...(audits && { audits }),
  };
}

export const rollbackAt = 47 * s;
