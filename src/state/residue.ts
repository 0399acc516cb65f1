import {
  snapshotNames,
  type CleanupRun,
  type ProbeReport,
  type ResidueItem,
  type ResidueReport,
  type SnapshotName,
  type StateLine,
  type TableComparison,
} from '../model/residue.js';
import { comparisonAt, preExistingOddities, presentItems, restoredItems } from './compare-items.js';
import { sequencesBehind } from './compare-sequences.js';
import { tableRows, unstableRows } from './compare-tables.js';
import { historiesOf, type ProbeHistory, type Reading } from './snapshots.js';
import { instabilityOf } from './stability.js';

/**
 * What was left behind, from what the probes saw: pure. Unknown is not equal: what could not be read is in `unknown`,
 * and no rule passes on it. null: no probe was ever read.
 */
export function residueOf(lines: readonly StateLine[]): ResidueReport | null {
  const histories = historiesOf(lines);
  if (histories.length === 0) return null;
  const commands = new Map(
    lines.flatMap((line) => (line.type === 'command' ? [[line.path, line.command]] : [])),
  );
  const reports = histories.map((history) => reportOf(history, 'S2'));
  return {
    snapshots: snapshotSpans(histories),
    probes: reports.map(({ report }) => report),
    items: reports
      .flatMap(({ items }) => items)
      .map((item) => {
        const command = commands.get(item.path);
        return command === undefined ? item : { ...item, command };
      }),
    cleanup: cleanupOf(lines, histories),
  };
}

interface Judged {
  report: ProbeReport;
  items: ResidueItem[];
}

/** What one probe shows at `target`. */
function reportOf(history: ProbeHistory, target: SnapshotName): Judged {
  const { probe, readings } = history;
  const head = [...readings.values()][0];
  const { class: kind = 'config', expect = 'restored', compare = 'equal' } = head ?? {};
  const unstable = instabilityOf(readings.get('S0a'), compare === 'equal' ? readings.get('S0b') : undefined);
  const flapping =
    compare === 'table'
      ? unstableRows(readings.get('S0b'))
      : [...unstable.paths].map(([key, paths]) => `${key}: ${paths.join(', ')}`);
  const unknown = unknownOf(history, target, expect === 'upgraded');
  const items = expect === 'ignore' ? [] : itemsOf(history, target);
  const left = items.some(({ origin }) => origin !== 'pre-existing');
  const state =
    expect === 'ignore'
      ? 'ignored'
      : left
        ? 'residue'
        : unknown.some(({ snapshot }) => snapshot !== 'S1' || expect === 'upgraded')
          ? 'unknown'
          : flapping.length > 0
            ? 'unstable'
            : 'clean';
  const countAt = (name: SnapshotName) => {
    const reading = readings.get(name);
    return reading?.complete ? (reading.table?.rows ?? reading.items.size) : null;
  };
  return {
    report: {
      probe,
      class: kind,
      expect,
      state,
      before: countAt('S0a'),
      after: countAt(target),
      unknown,
      unstable: flapping,
      ...rowsNote(readings.get(target)?.table),
    },
    items,
  };
}

/** What a comparison of rows rests on. */
function rowsNote(table: TableComparison | undefined): { note?: string } {
  if (!table) return {};
  const { compared, touched, added } = table;
  const parts = [
    `${compared} of ${compared + touched} rows compared`,
    ...(touched > 0 ? [`${touched} were written by the traffic`] : []),
    ...(added.count > 0 ? [`${added.count} new since`] : []),
  ];
  return { note: parts.join(', ') };
}

function itemsOf(history: ProbeHistory, target: SnapshotName): ResidueItem[] {
  const { probe, readings } = history;
  const unstable = instabilityOf(readings.get('S0a'), readings.get('S0b'));
  const comparison = comparisonAt(history, target, unstable);
  if (!comparison) return [];
  const { compare, expect, class: kind, owned } = comparison.target;
  const found =
    compare === 'table'
      ? tableRows(readings.get('S1'), comparison.target)
      : compare === 'sequence'
        ? sequencesBehind(comparison)
        : expect === 'absent'
          ? presentItems(comparison)
          : expect === 'upgraded'
            ? notAsUpgraded(history, comparison.target)
            : [...restoredItems(comparison), ...preExistingOddities(comparison)];
  return found.map((item) => ({ probe, class: kind, owned, path: `${probe}/${item.key}`, ...item }));
}

/** `expect: upgraded`: S1 is what must be there. What differs is the rollback's doing, or what came after it. */
function notAsUpgraded(
  { readings }: ProbeHistory,
  target: Reading,
): Omit<ResidueItem, 'probe' | 'class' | 'owned' | 'path'>[] {
  const base = readings.get('S1');
  if (!base) return [];
  const stable = { paths: new Map<string, string[]>(), covers: () => false };
  return restoredItems({ base, upgraded: undefined, target, unstable: stable }).map((item) => ({
    ...item,
    origin: 'attributed',
    note: 'expected to stay as the upgrade left it',
  }));
}

/** Readings that are needed and missing or cut short. S1 only tells whose doing something is, but for `upgraded`. */
function unknownOf(
  { readings }: ProbeHistory,
  target: SnapshotName,
  needsS1: boolean,
): ProbeReport['unknown'] {
  const wanted: SnapshotName[] = ['S0a', 'S0b', 'S1', target];
  return wanted.flatMap((snapshot) => {
    const reading = readings.get(snapshot);
    if (!reading) {
      return snapshot === 'S1' && !needsS1
        ? []
        : [{ snapshot, reason: 'it was not taken: the run ended before' }];
    }
    if (!reading.complete) return [{ snapshot, reason: reading.reason ?? 'it was cut short' }];
    const { table } = reading;
    const differs =
      table && table.missing.count + table.changed.count + (table.addedCount ? table.added.count : 0);
    if (table && snapshot === target && table.compared === 0 && table.touched > 0)
      return [{ snapshot, reason: `the traffic wrote all ${table.touched} rows: none is left to compare` }];
    return table?.touchedUnknown !== undefined && snapshot === target && (differs ?? 0) > 0
      ? [{ snapshot, reason: `${differs} rows differ, and ${table.touchedUnknown}` }]
      : [];
  });
}

function cleanupOf(
  lines: readonly StateLine[],
  histories: readonly ProbeHistory[],
): ResidueReport['cleanup'] {
  const runs = lines.filter((line): line is CleanupRun => line.type === 'cleanup');
  const taken = histories.some(({ readings }) => readings.has('S3a') || readings.has('S3b'));
  if (runs.length === 0 && !taken) return null;
  const judged = histories.filter(({ readings }) => readings.get('S0a')?.expect !== 'ignore');
  const at = (target: SnapshotName) =>
    judged.flatMap((history) => itemsOf(history, target)).filter(({ origin }) => origin !== 'pre-existing');
  const unknown = (['S3a', 'S3b'] as const).flatMap((target) =>
    judged.flatMap((history) =>
      unknownOf(history, target, false)
        .filter(({ snapshot }) => snapshot !== 'S1')
        .map(({ snapshot, reason }) => ({ probe: history.probe, reason: `${snapshot}: ${reason}` })),
    ),
  );
  const [afterFirst, items] = [at('S3a'), at('S3b')];
  const clean = afterFirst.length === 0 && items.length === 0 && unknown.length === 0;
  return { runs, afterFirst, items, unknown, proven: clean && runs.every(({ ok }) => ok) };
}

function snapshotSpans(histories: readonly ProbeHistory[]): ResidueReport['snapshots'] {
  return snapshotNames.flatMap((name) => {
    const taken = histories.flatMap(({ readings }) => readings.get(name) ?? []);
    if (taken.length === 0) return [];
    return [
      {
        name,
        fromUs: Math.min(...taken.map(({ fromUs }) => fromUs)),
        toUs: Math.max(...taken.map(({ toUs }) => toUs)),
      },
    ];
  });
}
