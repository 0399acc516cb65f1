import { formatCount, formatMs } from '../foundation/units.js';
import type { ResultView } from '../model/result.js';
import { plural } from './plain-text.js';

/** How many waits were seen, of which length and longer: "none" never stands without what could have been missed. */
export function lockHeadline(view: Pick<ResultView, 'lockWaits' | 'lockCoverage'>): string {
  const { lockWaits, lockCoverage } = view;
  const floor = lockCoverage?.floorMs ?? null;
  const logged = lockCoverage?.log === 'read' ? lockCoverage.deadlockTimeoutMs : null;
  const leastMs = floor ?? logged;
  if (lockWaits.length === 0) {
    return leastMs === null
      ? 'Lock waits were not watched: nothing can be said about them.'
      : `No lock wait of ${formatMs(leastMs)} or longer was seen (the detection floor); a shorter one may have been missed.`;
  }
  const longest = lockWaits.reduce((most, { durationMs }) => Math.max(most, durationMs), 0);
  const sumMs = lockWaits.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const missed =
    leastMs === null
      ? 'how many were missed is not known'
      : `ones shorter than the detection floor of ${formatMs(leastMs)} may have been missed`;
  return (
    `${plural(lockWaits.length, 'lock wait')}, the longest ${formatMs(longest)}, ` +
    `${Number((sumMs / 1000).toPrecision(3))} blocked seconds in all; ${missed}.`
  );
}

/** By which means they were watched for, how often, and where there are gaps. */
export function coverageText({ lockCoverage }: Pick<ResultView, 'lockCoverage'>): string {
  if (!lockCoverage) return 'Watched by: nothing that was written down (the run ended before).';
  const { cadenceMs, samples, log, deadlockTimeoutMs, gaps } = lockCoverage;
  const sampler =
    cadenceMs === null
      ? 'no sampling'
      : `${formatCount(samples)} samples, every ${formatMs(cadenceMs.asked)} asked, achieved p50 ` +
        `${formatMs(cadenceMs.p50)}, p99 ${formatMs(cadenceMs.p99)}, max ${formatMs(cadenceMs.max)}`;
  const deadlockTimeout =
    deadlockTimeoutMs === null ? '' : ` at deadlock_timeout ${formatMs(deadlockTimeoutMs)}`;
  const server = {
    read: `server log read${deadlockTimeout}`,
    off: 'server log off',
    denied: 'server log not readable',
  }[log];
  const gapMs = gaps.reduce((sum, [fromUs, toUs]) => sum + (toUs - fromUs) / 1000, 0);
  const gapText = gaps.length === 0 ? 'no gaps' : `${plural(gaps.length, 'gap')}, ${formatMs(gapMs)} in all`;
  return `Watched by: ${sampler}; ${server}; ${gapText}.`;
}
