import {
  compareRollbacks,
  judge,
  readResult,
  twinOf,
  type ExitCode,
  type RollbackComparison,
} from '../index.js';

/** The comparison of a result with the other rehearsal it names; undefined where there is none that can be read. */
export async function comparisonOf(dir: string): Promise<RollbackComparison | undefined> {
  const twin = await twinOf(dir);
  if (twin === undefined) return undefined;
  const ways = [];
  for (const one of [dir, twin]) {
    const view = await readResult(one).catch(() => undefined);
    if (!view) return undefined;
    const { verdict, rollback } = judge(view);
    ways.push({ dir: one, verdict, rollback });
  }
  const inOrder = ways.sort(
    (a, b) => Number(a.rollback?.way === 'snapshot') - Number(b.rollback?.way === 'snapshot'),
  );
  return compareRollbacks(inOrder);
}

/** GO, INVALID, NO-GO, wrong input, broken, interrupted: of two rehearsals the worse one counts. */
const worstLast: readonly ExitCode[] = [0, 3, 1, 2, 4, 130];

export function worseOf(a: ExitCode, b: ExitCode): ExitCode {
  return worstLast.indexOf(a) >= worstLast.indexOf(b) ? a : b;
}
