import type { VerdictCase } from './verdict-cases.js';
import type { Group } from './verdict-scenario.js';

/** Of safe cases in one rehearsal: with more, the traffic of all of them would be the machine's limit. */
const mostTwins = 18;

/**
 * The rehearsals of one rerun. A step that fails ends its side, so each side of a rehearsal holds at most one that
 * does, the last; one that fails in the trace pass too would leave nothing judged beside it, and is alone. Unsafe and
 * safe ones are apart, so that the verdict on the twins' rehearsal is that on each of them.
 */
export function groupsOf(cases: readonly VerdictCase[]): Group[] {
  const forward = cases.filter(({ side }) => side === 'upgrade');
  const back = cases.filter(({ side }) => side === 'rollback');
  const unsafe = forward.filter((one) => one.unsafe !== undefined && one.fails !== 'traced');
  const alone = forward.filter(({ fails }) => fails === 'traced');
  const failing = unsafe.filter(({ fails }) => fails);
  const sides = dealt(
    unsafe.filter(({ fails }) => !fails),
    2 * Math.max(1, Math.ceil(failing.length / 2)),
  ).map((going, at) => [...going, ...failing.slice(at, at + 1)]);
  const groups: Group[] = [];
  for (let at = 0; at < sides.length; at += 2) {
    const second = (sides[at + 1] ?? []).map((one): VerdictCase => ({ ...one, side: 'rollback' }));
    groups.push({ side: 'unsafe', cases: [...(sides[at] ?? []), ...second] });
  }
  groups.push(...alone.map((one): Group => ({ side: 'unsafe', cases: [one] })));
  groups.push({ side: 'unsafe', cases: lastOneFails(back) });
  groups.push(
    ...dealt(forward, Math.ceil(forward.length / mostTwins)).map((some): Group => ({
      side: 'safe',
      cases: some,
    })),
  );
  groups.push({ side: 'safe', cases: back });
  return groups.filter((group) => group.cases.length > 0);
}

/** Into so many hands, in turn. */
function dealt<T>(all: readonly T[], hands: number): T[][] {
  return Array.from({ length: hands }, (_, hand) => all.filter((_one, at) => at % hands === hand));
}

function lastOneFails(cases: readonly VerdictCase[]): VerdictCase[] {
  return [...cases.filter(({ fails }) => !fails), ...cases.filter(({ fails }) => fails)];
}
