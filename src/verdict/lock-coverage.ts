import { formatMs } from '../foundation/units.js';
import type { LockCoverage } from '../model/observation.js';
import { restoreOutage } from '../model/restore-spans.js';
import { blockedTraffic, isTraffic } from './blocked-traffic.js';
import type { JudgedView } from './judged-view.js';
import { usPerSecond } from './seconds.js';

/**
 * Why lock waits longer than `limitMs` could have been missed while steps ran; undefined when they could not. A gap
 * in the samples hides only waits that both began and ended in it: what outlasts it is seen with its true start.
 */
export function coverageMissing(
  view: JudgedView,
  limitMs: number,
): { noData: string; remedy: string } | undefined {
  const { lockCoverage, phases } = view.result;
  const remedy = 'leave the machine more room, so that the sampler keeps its 10 ms; or allow longer waits';
  if (!lockCoverage || (lockCoverage.floorMs === null && lockCoverage.log !== 'read')) {
    return {
      noData: 'lock waits were not observed',
      remedy: 'objectives.locks needs environment.database, with a role that may read pg_locks',
    };
  }
  if (lockCoverage.floorMs === null) {
    return {
      noData:
        'lock waits were read from the server log only: who blocks whom, and waits that ended in an error, are not known',
      remedy: 'see why the sampler could not run (events: degraded)',
    };
  }
  if (lockCoverage.floorMs > limitMs) {
    return {
      noData: `waits shorter than ${formatMs(lockCoverage.floorMs)} may be missed, and the limit is ${formatMs(limitMs)}`,
      remedy,
    };
  }
  const spans = phases.filter(({ phase }) => phase === 'upgrade' || phase === 'rollback');
  if (spans.length === 0) {
    return {
      noData: 'neither upgrade nor rollback was run',
      remedy: 'see why the run ended before its upgrade',
    };
  }
  const outage = restoreOutage(view.result.events);
  const blind = lockCoverage.gaps
    .filter(([fromUs, toUs]) => spans.some((span) => fromUs < span.toUs && toUs > span.fromUs))
    .map(([fromUs, toUs]) => blindMs(fromUs, toUs, outage))
    .filter((gapMs) => gapMs > limitMs);
  if (blind.length > 0) {
    return {
      noData: `the lock sampler was blind for up to ${formatMs(Math.max(...blind))} while steps ran (${blind.length} gaps longer than the limit of ${formatMs(limitMs)})`,
      remedy,
    };
  }
  return undefined;
}

/** While a snapshot is put back there is no server, and nothing to see. */
function blindMs(fromUs: number, toUs: number, outage: { fromUs: number; toUs: number } | undefined): number {
  const away = outage ? Math.max(0, Math.min(toUs, outage.toUs) - Math.max(fromUs, outage.fromUs)) : 0;
  return (toUs - fromUs - away) / 1000;
}

/** `floor 10 ms, cadence 10.2 ms (p99 14 ms)`: "no waits" is never printed without it. */
export function describeCoverage(coverage: LockCoverage | null): string {
  if (!coverage) return 'not observed';
  const floor = coverage.floorMs === null ? 'not sampled' : `floor ${formatMs(coverage.floorMs)}`;
  const { cadenceMs, gaps } = coverage;
  const cadence = cadenceMs ? `, cadence ${formatMs(cadenceMs.p50)} (p99 ${formatMs(cadenceMs.p99)})` : '';
  const longest = Math.max(0, ...gaps.map(([fromUs, toUs]) => (toUs - fromUs) / 1000));
  return `${floor}${cadence}${longest > 0 ? `, longest gap ${formatMs(longest)}` : ''}, log ${coverage.log}`;
}

/** Waits of traffic behind traffic, before and since the upgrade: shown, and not judged as the upgrade's (truth 3). */
export function describeContention(view: JudgedView): string {
  const behindSteps = new Set(blockedTraffic(view.result).map(({ wait }) => wait));
  const rate = (phase: 'baseline' | 'upgrade' | 'rollback') => {
    const span = view.phase(phase);
    if (!span || span.toUs <= span.fromUs) return undefined;
    const ms = view.result.lockWaits
      .filter((wait) => wait.phase === phase && isTraffic(wait.waiter.actor) && !behindSteps.has(wait))
      .reduce((sum, wait) => sum + wait.durationMs, 0);
    return `${phase} ${Number((ms / ((span.toUs - span.fromUs) / usPerSecond)).toPrecision(2))}`;
  };
  const rates = [rate('baseline'), rate('upgrade'), rate('rollback')].filter((text) => text !== undefined);
  return rates.length > 0 ? `; other waits of traffic, ms a second: ${rates.join(', ')}` : '';
}
