import { formatBytes, formatCount, formatMs } from '../../foundation/units.js';
import { longHolds, type Scan } from '../long-holds.js';
import { notAsked, type Rule } from '../rule.js';
import { traceGaps } from '../traced-locks.js';
import { unknownTouch } from '../traffic-tables.js';
import { plural, quoted, stepName } from '../wording.js';

/** Truth 1: a scan or rewrite under a lock says nothing about production unless its size is declared. NO-GO. */
export const toySize: Rule = {
  id: 'toy-size',
  title: 'Toy size',
  doc: 'A statement scanned, rewrote or filled a table under a lock that blocks traffic (row locks too, where traffic changes rows of it), and the scenario does not say how large that table is in production (or it was empty in the rehearsal): NO-GO, waivable.',
  judge(view) {
    const { plan } = view.result;
    if (![...plan.upgrade, ...plan.rollback].some(({ kind }) => kind === 'sql' || kind === 'command'))
      return notAsked;
    const holds = longHolds(view);
    const told = new Set<string>();
    const findings = holds.flatMap((hold) => {
      const scan = hold.scans.find(({ factor }) => factor === undefined);
      const key = scan && `${scan.statement.step} ${scan.statement.index} ${scan.table}`;
      if (!scan || key === undefined || told.has(key)) return [];
      told.add(key);
      return [
        {
          weight: 'NO-GO' as const,
          what: `${quoted(scan.statement.statement)} (step ${stepName(hold.step)}; ${scan.kind}) kept ${hold.mode} on ${hold.table} for ${formatMs(hold.heldMs)} ${sizeText(scan)}${unknownTouch(view.trafficTables, hold.table)}`,
          where: {
            step: hold.step,
            statement: scan.statement.statement,
            table: scan.table,
            fromUs: hold.fromUs,
            toUs: hold.toUs,
          },
          measured: hold.heldMs,
          unit: 'ms' as const,
          why: `how long it holds the lock grows with ${scan.table}`,
          remedy: scan.declared
            ? `rehearse with rows in ${scan.table} (environment.data), or waive toy-size for it with a reason`
            : `declare production: { tables: { ${scan.table}: { rows: …, size: … } } }, or waive toy-size for it with a reason`,
        },
      ];
    });
    return {
      findings,
      unjudged: traceGaps(view),
      summary:
        holds.length === 0
          ? 'no statement scanned or rewrote a table under a lock that blocks traffic'
          : `${plural(holds.length, 'lock')} held during scans or rewrites, ${findings.length} of unknown production size`,
    };
  },
};

function sizeText({ rehearsed, declared, table }: Scan): string {
  if (!rehearsed) return `on a size of ${table} that was not measured`;
  if (rehearsed.rows <= 0) return `on an empty ${table}`;
  const size = `${formatCount(rehearsed.rows)} rows, ${formatBytes(rehearsed.bytes)}`;
  return declared ? `at ${size}` : `at ${size}; how large ${table} is in production is not declared`;
}
