import type { ResultView } from '../../model/result.js';
import { waitOf } from '../lock-groups.js';

const secondUs = 1_000_000;

/**
 * The most sessions that waited for a lock at once, in each second. Null where nobody looked: where nothing watched at
 * all, and in a second that lies in a gap of the sampler as a whole and that no wait is known to reach into.
 */
export function blockedSeconds(
  { lockWaits, lockCoverage }: Pick<ResultView, 'lockWaits' | 'lockCoverage'>,
  { firstSecond, lastSecond }: { firstSecond: number; lastSecond: number },
): { all: (number | null)[]; behindSteps: (number | null)[] } {
  const seconds = Math.max(0, lastSecond - firstSecond + 1);
  const all = mostAtOnce(lockWaits, firstSecond, seconds);
  const behindSteps = mostAtOnce(
    lockWaits.filter((wait) => waitOf(wait) === 'behind a step'),
    firstSecond,
    seconds,
  );
  const unknown = (at: number) => {
    if ((all[at] ?? 0) > 0) return false;
    if (lockCoverage?.floorMs == null) return true;
    const fromUs = (firstSecond + at) * secondUs;
    return lockCoverage.gaps.some(([from, to]) => from <= fromUs && to >= fromUs + secondUs);
  };
  const told = (values: number[]) => values.map((value, at) => (unknown(at) ? null : value));
  return { all: told(all), behindSteps: told(behindSteps) };
}

function mostAtOnce(
  waits: readonly { fromUs: number; toUs: number }[],
  firstSecond: number,
  seconds: number,
): number[] {
  const edges = waits
    .flatMap(({ fromUs, toUs }) => [
      { atUs: fromUs, by: 1 },
      { atUs: Math.max(fromUs, toUs), by: -1 },
    ])
    .sort((a, b) => a.atUs - b.atUs || a.by - b.by);
  const most = new Array<number>(seconds).fill(0);
  let now = 0;
  let at = 0;
  for (let second = 0; second < seconds; second++) {
    const endUs = (firstSecond + second + 1) * secondUs;
    let peak = now;
    for (; at < edges.length && (edges[at]?.atUs ?? 0) < endUs; at++) {
      now += edges[at]?.by ?? 0;
      if ((edges[at]?.atUs ?? 0) >= (firstSecond + second) * secondUs) peak = Math.max(peak, now);
      else peak = now;
    }
    most[second] = peak;
  }
  return most;
}
