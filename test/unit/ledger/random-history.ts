import fc from 'fast-check';
import type { FoundRow } from '../../../src/ledger/history.js';
import type { LedgerWrite, LossClass } from '../../../src/model/ledger.js';

/** Every request is sent, and every acknowledgement there, before this instant. */
export const restUs = 10_000;
const columns = ['a', 'b'] as const;

/** One request as it is drawn; what becomes of it depends on those before. */
interface Draw {
  op: LedgerWrite['op'];
  gapUs: number;
  lengthUs: number;
  /** lost: no answer, and it did not land. late: no answer, and it lands after everything came to rest. */
  fate: 'answered' | 'refused' | 'landed' | 'late' | 'lost';
  /** Where in its interval it takes effect, thousandths. */
  at: number;
  columns: readonly string[];
}

const draw: fc.Arbitrary<Draw> = fc.record({
  op: fc.constantFrom('create' as const, 'update' as const, 'update' as const, 'delete' as const),
  // Shorter than most lengths: requests of one key overlap.
  gapUs: fc.integer({ min: 1, max: 40 }),
  lengthUs: fc.integer({ min: 1, max: 60 }),
  fate: fc.constantFrom(
    ...(['answered', 'answered', 'answered', 'answered', 'refused', 'landed', 'late', 'lost'] as const),
  ),
  at: fc.integer({ min: 0, max: 999 }),
  columns: fc.constantFrom(['a'], ['b'], ['a', 'b']),
});

export interface Plant {
  class: LossClass;
  column?: string;
}
/** Those that fit few histories are wished for more often. */
const wishes: readonly Plant[] = [
  { class: 'duplicated' },
  ...Array.from({ length: 2 }, (): Plant => ({ class: 'row lost' })),
  ...Array.from({ length: 6 }, (): Plant => ({ class: 'resurrected delete' })),
  ...Array.from({ length: 6 }, (): Plant => ({ class: 'phantom' })),
  ...columns.flatMap((column): Plant[] => [
    { class: 'value lost', column },
    { class: 'changed', column },
    { class: 'truncated', column },
    ...Array.from({ length: 5 }, (): Plant => ({ class: 'reverted update', column })),
    { class: 'phantom', column },
  ]),
];

/** One key: what was asked of it, and what the system then really holds. */
export interface KeyStory {
  writes: LedgerWrite[];
  /** Of the writes without an answer, how many changed the row. */
  landed: number;
  /** The row when nothing is under way any more. */
  atRest: FoundRow | undefined;
  /** The row after what came late. */
  inTheEnd: FoundRow | undefined;
}

/** Keys with random requests, and what may be planted in each of them (often nothing). */
export const drawnKeys = fc.array(
  fc.record({
    draws: fc.oneof(
      fc.array(draw, { minLength: 1, maxLength: 2 }),
      fc.array(draw, { minLength: 1, maxLength: 7, size: 'max' }),
    ),
    wish: fc.option(fc.constantFrom(...wishes), { freq: 3, nil: undefined }),
  }),
  { minLength: 1, maxLength: 80, size: 'max' },
);

interface Effect {
  atUs: number;
  write: LedgerWrite;
  answered: boolean;
}

/**
 * Plays the requests against one row that takes them one at a time, each at its instant: an update or delete of no
 * row, and a create of one that is there, are refused, as a real system does.
 */
export function play(key: string, draws: readonly Draw[]): KeyStory {
  let sentUs = 0;
  const writes: LedgerWrite[] = [];
  const effects: Effect[] = [];
  for (const [i, { op, gapUs, lengthUs, fate, at, columns: named }] of draws.entries()) {
    sentUs += gapUs;
    const values = Object.fromEntries(
      (op === 'create' ? columns : op === 'delete' ? [] : named).map((column) => [
        column,
        `${key}/${i} of ${column}, at some length`,
      ]),
    );
    const answered = fate === 'answered' || fate === 'refused';
    const write: LedgerWrite = {
      entity: 'item',
      op: i === 0 ? 'create' : op,
      key,
      values:
        i === 0 ? Object.fromEntries(columns.map((c) => [c, `${key}/0 of ${c}, at some length`])) : values,
      endpoint: 0,
      phase: 'soak',
      sentUs,
      endUs: sentUs + lengthUs,
      state: fate === 'refused' ? 'rejected' : answered ? 'acknowledged' : 'indeterminate',
    };
    writes.push(write);
    const atUs = sentUs + (lengthUs * at) / 1000;
    if (fate === 'answered' || fate === 'landed') effects.push({ atUs, write, answered });
    if (fate === 'late') effects.push({ atUs: restUs + atUs, write, answered });
  }
  effects.sort((one, other) => one.atUs - other.atUs);
  let row: FoundRow | undefined;
  let atRest: FoundRow | undefined;
  let landed = 0;
  for (const { atUs, write, answered } of effects) {
    const fits = (write.op === 'create') === (row === undefined);
    if (fits) {
      row = write.op === 'delete' ? undefined : { ...row, ...(write.values as FoundRow) };
      if (!answered) landed += 1;
    } else if (answered) {
      write.state = 'rejected';
      if (write.op === 'create') write.conflict = true;
    }
    if (atUs < restUs) atRest = row;
  }
  return { writes, landed, atRest, inTheEnd: row };
}

/**
 * The rows that are found if a loss of this kind befalls the key; undefined where no such loss can be told for sure
 * in its history: a row that an unanswered delete may have taken is not lost.
 */
export function planted(
  { writes, inTheEnd }: KeyStory,
  { class: kind, column }: Plant,
): FoundRow[] | undefined {
  const possible = writes.filter(({ state }) => state !== 'rejected');
  const certain = possible.filter(({ state }) => state === 'acknowledged');
  const open = possible.filter(({ state }) => state === 'indeterminate');
  /** Something certain came after it was over. */
  const isPast = (write: LedgerWrite, later: readonly LedgerWrite[]) =>
    write.state === 'acknowledged' && later.some(({ sentUs }) => sentUs > write.endUs);
  const creates = possible.filter(({ op }) => op === 'create');
  const deletes = possible.filter(({ op }) => op === 'delete');
  if (kind === 'resurrected delete' || (kind === 'phantom' && column === undefined)) {
    if (inTheEnd) return undefined;
    const surely = certain.filter(({ op }) => op === 'delete');
    const resurrected = surely.length > 0 && creates.every((create) => isPast(create, surely));
    if (kind === 'resurrected delete' ? !resurrected : possible.length > 0) return undefined;
    return [writes[0]!.values as FoundRow];
  }
  if (!inTheEnd) return undefined;
  if (kind === 'duplicated') return [inTheEnd, inTheEnd];
  if (kind === 'row lost') {
    const made = certain.filter(({ op }) => op === 'create');
    const stays = certain.length > 0 && deletes.every((one) => isPast(one, made));
    return stays ? [] : undefined;
  }
  if (column === undefined) return undefined;
  const now = inTheEnd[column] ?? '';
  const setTo = (value: string | null) => [{ ...inTheEnd, [column]: value }];
  if (kind === 'value lost') return setTo(null);
  if (kind === 'changed') return setTo('what nobody wrote');
  if (kind === 'truncated') return setTo(now.slice(0, -5));
  const holding = (among: readonly LedgerWrite[]) => among.filter(({ values }) => column in values);
  const pick =
    kind === 'phantom'
      ? holding(writes.filter(({ state }) => state === 'rejected')).find(
          ({ values }) => values[column] !== now,
        )
      : holding(certain).find((write) =>
          isPast(write, [...holding(certain), ...deletes.filter((d) => !open.includes(d))]),
        );
  return pick && setTo(String(pick.values[column]));
}
