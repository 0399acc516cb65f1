import { isAudited } from '../model/ledger.js';
import type { ResultView } from '../model/result.js';
import { auditRows, invariantTexts, ledgerNotes, lossTexts } from './ledger-rows.js';
import { plain } from './plain-text.js';
import type { TerminalStyle } from './terminal-style.js';
import { indented } from './terminal-traffic.js';
import { table, type Cell } from './text-table.js';

const mostExamples = 3;

/** Acknowledged writes and what became of them, audit by audit; nothing where the scenario asks for none. */
export function ledgerLines(view: ResultView, style: TerminalStyle): string[] {
  if (!isAudited(view.plan.scenario)) return [];
  const title = `${style.bold('Ledger')} ${style.dim('every write, looked for again with the load paused')}`;
  const rows = auditRows(view);
  const invariants = invariantTexts(view);
  if (rows.length === 0 && invariants.length === 0) return [title, '  No audit was made.'];
  return [
    title,
    ...(rows.length > 0 ? tableLines(rows, style) : []),
    ...lossTexts(view, mostExamples).flatMap(({ head, examples, discarded }) => [
      ...indented(plain(head), '  ', style).map(discarded ? style.dim : style.red),
      ...examples.flatMap((example) => indented(plain(example), '      ', style).map(style.dim)),
    ]),
    ...ledgerNotes(view).flatMap((note) => indented(plain(note), '  ', style).map(style.dim)),
    ...invariants.flatMap(({ text, state }) => {
      const mark = { held: style.green('✓'), broken: style.red('✗'), unread: style.yellow('?') }[state];
      return indented(plain(text), '    ', style).map((line, at) =>
        at === 0 ? line.replace('    ', () => `  ${mark} `) : line,
      );
    }),
  ];
}

function tableLines(rows: ReturnType<typeof auditRows>, style: TerminalStyle): string[] {
  const right = (title: string) => ({ title, align: 'right' as const });
  const body = rows.map((row): Cell[] => {
    const paint = row.bad ? style.red : String;
    return [
      // The last phase that it followed: the others are before it.
      plain(row.after.split('+').at(-1) ?? ''),
      plain(row.entity),
      row.keys,
      row.acknowledged,
      row.rejected,
      row.indeterminate,
      row.landed,
      { text: row.lost, style: paint },
      { text: row.changed, style: paint },
      row.discarded,
    ];
  });
  const columns = [
    { title: 'after', least: 8 },
    { title: 'entity', least: 8 },
    ...['keys', 'acknowledged', 'rejected', 'maybe', 'had', 'lost', 'changed', 'discarded'].map(right),
  ];
  return [
    ...table(columns, body, { width: style.width, indent: '  ', dim: style.dim }),
    ...indented(ledgerLegend(rows), '  ', style).map(style.dim),
  ];
}

/** What the columns hold, and how the audits were made. */
function ledgerLegend(rows: ReturnType<typeof auditRows>): string {
  const paces = [...new Set(rows.map(({ pace }) => pace))].filter((pace) => pace !== '');
  const made = paces.length > 0 ? ` Audited at ${paces.join('; at ')}.` : '';
  return `maybe: no answer, it may have happened; had: it is known to. Lost and changed as this audit found them.${made}`;
}
