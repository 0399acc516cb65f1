import type { SceneServer } from '../integration/observe/observed-server.js';
import { expectedOf, runHazardCase, shownBy } from '../integration/steps/hazard-run.js';
import { hazardCases } from '../integration/steps/hazard-table.js';
import type { Goal } from './goals.js';

/**
 * Each statement of the hazard table that the server's version knows, traced on tables of its own: whether the locks
 * (relation and mode), and all else that the table tells (rewrites, scans, what is left behind), come out exactly.
 */
export async function lockModes(server: SceneServer, version: string): Promise<Goal[]> {
  const cases = hazardCases.filter(
    ({ minVersion = 0 }) => minVersion <= Math.floor(server.versionNumber / 10_000),
  );
  const tally = { locks: 0, missed: 0, surplus: 0, exactCases: 0, exactInAll: 0 };
  for (const [at, hazard] of cases.entries()) {
    const trace = (await runHazardCase(server.url, hazard, `modes_${at}`)).at(-1);
    if (!trace) throw new Error(`${hazard.hazard} was not traced`);
    const [shown, expected] = [shownBy(trace), expectedOf(hazard.expected)];
    const missed = expected.locks.filter((lock) => !shown.locks.includes(lock));
    const surplus = shown.locks.filter((lock) => !expected.locks.includes(lock));
    tally.locks += expected.locks.length;
    tally.missed += missed.length;
    tally.surplus += surplus.length;
    if (missed.length + surplus.length === 0) tally.exactCases += 1;
    else
      console.log(
        `  ${hazard.hazard}: missed ${missed.join(', ') || 'nothing'}; said ${surplus.join(', ') || 'nothing'} too much`,
      );
    if (JSON.stringify(shown) === JSON.stringify(expected)) tally.exactInAll += 1;
  }
  const { locks, missed, surplus, exactCases, exactInAll } = tally;
  console.log(
    `\n${version}: lock modes of ${cases.length} statements of the hazard table: ${locks - missed} of ${locks} locks right in relation and mode, ${surplus} too many; rewrites, scans and leftovers right as well: ${exactInAll} of ${cases.length}`,
  );
  return [
    {
      goal: `lock modes, ${version}: relation and mode exact`,
      measured: `${exactCases}/${cases.length} statements, ${locks - missed}/${locks} locks`,
      met: exactCases === cases.length,
    },
  ];
}
