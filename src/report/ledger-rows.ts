import { formatCount, formatMs } from '../foundation/units.js';
import { landedBy, lossKindOf, lossTotals, type LossKind, type LossTotal } from '../model/ledger-losses.js';
import type { Audit, EntityAudit, InvariantReading, LossExample } from '../model/ledger.js';
import type { ResultView } from '../model/result.js';
import { plural } from './plain-text.js';
import { formatRunTime } from './run-time.js';

/** One entity at one audit. */
export interface AuditRow {
  after: string;
  entity: string;
  keys: string;
  acknowledged: string;
  rejected: string;
  /** May have happened. */
  indeterminate: string;
  /** Of those, known to have. */
  landed: string;
  lost: string;
  changed: string;
  discarded: string;
  /** Keys a second, and the longest batch. */
  pace: string;
  bad: boolean;
}

export function auditRows({ audits }: ResultView): AuditRow[] {
  const looked = audits.filter(({ after }) => after.length > 0);
  return looked.flatMap((audit, at) =>
    audit.entities.map((entity) => auditRow(audit, entity, landedBy(looked.slice(0, at + 1), entity.entity))),
  );
}

function auditRow({ after }: Audit, entity: EntityAudit, landed: number): AuditRow {
  // As this audit found it, also what an earlier one had seen.
  const sum = (of: LossKind | 'discarded') =>
    entity.losses
      .filter((loss) => (of === 'discarded' ? loss.discarded : !loss.discarded && lossKindOf(loss) === of))
      .reduce((total, { count }) => total + count, 0);
  const unseen = entity.unaudited ? ` (${formatCount(entity.unaudited.keys)} not looked at)` : '';
  const lost = sum('lost');
  const changed = sum('changed');
  return {
    after: after.join('+'),
    entity: entity.entity,
    keys: `${formatCount(entity.keys)}${unseen}`,
    acknowledged: formatCount(entity.acknowledged),
    rejected: formatCount(entity.rejected),
    indeterminate: formatCount(entity.indeterminate),
    landed: formatCount(landed),
    lost: formatCount(lost),
    changed: formatCount(changed),
    discarded: formatCount(sum('discarded')),
    pace: paceOf(entity),
    bad: lost + changed > 0 || entity.unaudited !== undefined,
  };
}

function paceOf({ keys, tookMs, longestBatchMs, by }: EntityAudit): string {
  if (tookMs <= 0) return '';
  const what = by === 'sql' ? 'longest batch' : 'by HTTP, longest batch';
  return `${formatCount((keys / tookMs) * 1000)}/s, ${what} ${formatMs(longestBatchMs)}`;
}

/** `row lost, orders: 12, first seen after rollback` and its examples. */
export interface LossText {
  head: string;
  examples: string[];
  discarded: boolean;
}

export function lossTexts({ audits }: ResultView, mostExamples: number): LossText[] {
  return lossTotals(audits).map((total) => ({
    head: headOf(total),
    examples: total.examples.slice(0, mostExamples).map(exampleText),
    discarded: total.discarded,
  }));
}

function headOf(total: LossTotal): string {
  const where = total.column === undefined ? total.table : `${total.table}.${total.column}`;
  const gone = total.gone
    ? total.column === undefined
      ? ', the table is gone'
      : ', the column is gone'
    : '';
  const said = total.discarded ? ', discarded as declared' : '';
  const phases = Object.entries(total.byPhase).map(([phase, n]) => `${formatCount(n)} in ${phase}`);
  const written = phases.length > 0 ? `; written: ${phases.join(', ')}` : '';
  return `${formatCount(total.count)} × ${total.class}, ${where}${gone}${said}: first seen after ${total.firstSeenAfter.join('+')}${written}`;
}

function exampleText({ key, column, expected, found, write }: LossExample): string {
  const wanted = expected.length > 0 ? ` expected ${expected.slice(0, 3).map(shown).join(' or ')},` : '';
  const by = write ? `; ${write.op} by ${write.endpoint}, ${write.phase} ${formatRunTime(write.endUs)}` : '';
  return `key ${key}:${wanted} found ${column === undefined && found === null ? 'nothing' : shown(found)}${by}`;
}

function shown(value: string | null): string {
  return value === null ? 'null' : JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}

/** What nobody can look for, and what was still under way: beside the rows, never left out. */
export function ledgerNotes({ audits }: ResultView): string[] {
  const notes: string[] = [];
  for (const { entity, unidentified, unidentifiedIndeterminate, expired, cascaded } of audits.at(-1)
    ?.entities ?? []) {
    if (unidentified > 0) notes.push(`${entity}: ${plural(unidentified, 'acknowledged write')} named no key`);
    if (unidentifiedIndeterminate > 0)
      notes.push(
        `${entity}: ${plural(unidentifiedIndeterminate, 'write')} that may have happened named no key: if so, nobody knows where`,
      );
    if (expired > 0) notes.push(`${entity}: ${formatCount(expired)} rows expired, as declared`);
    if (cascaded > 0)
      notes.push(`${entity}: ${formatCount(cascaded)} rows went with their parent, as declared`);
  }
  for (const { after, underWay } of audits) {
    if (underWay > 0)
      notes.push(
        `after ${after.join('+')}: ${formatCount(underWay)} requests were still under way when it was looked`,
      );
  }
  return notes;
}

/** `total: the same as before the traffic, at every audit`, or how it was broken. */
export function invariantTexts({
  audits,
}: ResultView): { text: string; state: 'held' | 'broken' | 'unread' }[] {
  const names = new Set(audits.flatMap(({ invariants }) => invariants.map(({ name }) => name)));
  return [...names].map((name) => {
    const readings = audits.flatMap(({ after, invariants }) =>
      invariants.filter((one) => one.name === name).map((reading) => ({ after, reading })),
    );
    const broken = readings.find(({ reading }) => reading.holds === false);
    if (broken)
      return { text: `${name}: ${brokenText(broken.reading)} ${when(broken.after)}`, state: 'broken' };
    const unread = readings.find(({ reading }) => reading.holds === undefined);
    if (unread) {
      const why = unread.reading.error ?? 'no reason told';
      return { text: `${name}: could not be read ${when(unread.after)}: ${why}`, state: 'unread' };
    }
    const expected = readings[0]?.reading.expect === 'same' ? 'the same as before the traffic' : 'no row';
    return { text: `${name}: ${expected}, read ${formatCount(readings.length)} times`, state: 'held' };
  });
}

function brokenText({ expect, rows = 0, sample, before }: InvariantReading): string {
  const first = sample[0] === undefined ? '' : `, for example ${sample[0]}`;
  if (expect === 'nothing') return `${formatCount(rows)} rows where there must be none${first}`;
  return `not as before the traffic${first}${before?.[0] === undefined ? '' : `; before: ${before[0]}`}`;
}

function when(after: Audit['after']): string {
  return after.length === 0 ? 'before the traffic' : `after ${after.join('+')}`;
}
