import { formatCount } from '../foundation/units.js';
import type { LossTotal } from '../model/ledger-losses.js';
import { some } from './wording.js';

const nouns: Record<LossTotal['class'], (n: string, of: string) => string> = {
  'row lost': (n, of) => `${n} acknowledged ${of} not there any more (row lost)`,
  'value lost': (n, of) => `${n} acknowledged values of ${of} lost: null now (value lost)`,
  'reverted update': (n, of) =>
    `${n} acknowledged updates of ${of} undone: an older value is back (reverted update)`,
  truncated: (n, of) => `${n} acknowledged values of ${of} cut off (truncated)`,
  changed: (n, of) => `${n} acknowledged values of ${of} are others than were written (changed)`,
  duplicated: (n, of) => `${n} acknowledged ${of} there more than once (duplicated)`,
  'resurrected delete': (n, of) => `${n} deleted ${of} there again (resurrected delete)`,
  phantom: (n, of) => `${n} writes of ${of} there although they were rejected (phantom)`,
};

/** `12 acknowledged rows of orders not there any more (row lost)`. */
export function countOf(total: LossTotal): string {
  if (total.class === 'value lost' && total.gone)
    return `${formatCount(total.count)} acknowledged values went with ${total.table}.${total.column ?? ''} (value lost)`;
  const of = total.column === undefined ? `rows of ${total.table}` : `${total.table}.${total.column}`;
  return nouns[total.class](formatCount(total.count), of);
}

/** When it was written, and an example. */
export function whyOf({ gone, column, byPhase, examples }: LossTotal): string {
  const written = Object.entries(byPhase).map(([phase, n]) => `${formatCount(n)} in ${phase}`);
  const [example] = examples;
  return [
    gone ? `the ${column === undefined ? 'table' : 'column'} is not there any more` : undefined,
    written.length > 0 ? `written: ${written.join(', ')}` : undefined,
    example && describeExample(example),
  ]
    .filter((part) => part !== undefined)
    .join('; ');
}

function describeExample({ key, column, expected, found, write }: LossTotal['examples'][number]): string {
  const wanted = expected.length > 0 ? `expected ${some(expected.map(shown), 3)}, ` : '';
  const by = write ? ` (${write.op} by ${write.endpoint} in ${write.phase})` : '';
  return `for example ${key}: ${wanted}found ${column === undefined && found === null ? 'nothing' : shown(found)}${by}`;
}

function shown(value: string | null): string {
  return value === null ? 'null' : JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}

export const remedies: Record<LossTotal['class'], string> = {
  'row lost':
    'find the step that deletes or leaves these rows behind; copy them before it, or keep the table',
  'value lost':
    'keep the column on the way back (drop it in a later release), or copy its values first; if they may go, say so: rollback: { discards: [table.column] }',
  'reverted update':
    'a backfill or a copy wrote over newer values: let it skip rows that changed since it read them',
  truncated:
    'the way back narrows the type: check the longest value first, and keep the wide type until none is longer',
  changed: 'see which step rewrites the column, and what it does to values of its new shape',
  duplicated: 'a copy or a retry inserted rows twice: a unique key and ON CONFLICT DO NOTHING prevent it',
  'resurrected delete':
    'a copy or a restore brought back what was deleted meanwhile: carry deletes over as well',
  phantom:
    'the write was answered as refused, and yet done: see the order of commit and answer in the service',
};
