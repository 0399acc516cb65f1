import { formatCount } from '../foundation/units.js';
import type { RollbackComparison } from '../model/rollback.js';
import { plain } from './plain-text.js';
import { downText, knownCount, knownMs } from './rollback-facts.js';
import { terminalStyle } from './terminal-style.js';
import { table } from './text-table.js';

const titles = ['way back', 'took', 'down', 'writes lost', 'residue', 'verdict'];

function rowsOf({ ways }: RollbackComparison): string[][] {
  return ways.map((way) => [
    `${way.way}${way.outcome === 'ok' ? '' : ` (${way.outcome})`}`,
    knownMs(way.tookMs),
    downText(way.downMs, way.unknownSeconds),
    writesText(way),
    knownCount(way.residue),
    way.verdict,
  ]);
}

function writesText({
  writesLost,
  writesDiscarded,
  writesUnaudited,
}: RollbackComparison['ways'][number]): string {
  const discarded = writesDiscarded ? `, ${formatCount(writesDiscarded)} discarded` : '';
  const unaudited = writesUnaudited ? `, ${formatCount(writesUnaudited)} not looked for` : '';
  return `${knownCount(writesLost)}${discarded}${unaudited}`;
}

const unknownNote = 'unknown: not measured (writes need a ledger, residue needs probes)';

/** Two ways back from one upgrade, beside each other. */
export function renderRollbackComparison(
  comparison: RollbackComparison,
  options: { color: boolean; width: number },
): string {
  const style = terminalStyle(options);
  const rows = rowsOf(comparison);
  const columns = titles.map((title, at) => ({
    title,
    ...(at > 0 && at < titles.length - 1 && { align: 'right' as const }),
  }));
  return [
    `${style.bold('Ways back')} ${style.dim('the same upgrade and seed, one rehearsal each')}`,
    ...table(columns, rows, { width: style.width, indent: '  ', dim: style.dim }),
    ...comparison.ways.map(({ way, dir }) => style.dim(`  ${way}: ${plain(dir)}`)),
    ...(rows.flat().includes('unknown') ? [style.dim(`  ${unknownNote}`)] : []),
  ].join('\n');
}

export function renderRollbackComparisonMarkdown(comparison: RollbackComparison): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = rowsOf(comparison);
  return [
    '### Ways back',
    '',
    line(titles),
    line(titles.map((_, at) => (at > 0 && at < titles.length - 1 ? '--:' : '---'))),
    ...rows.map(line),
    ...(rows.flat().includes('unknown') ? ['', unknownNote] : []),
    '',
  ].join('\n');
}
