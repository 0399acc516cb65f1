import { drawUnit } from '../../src/foundation/rng.js';
import { Counts } from '../../src/histogram/counts.js';
import type { ResultView, SeriesSecond } from '../../src/model/result.js';
import { phases } from '../../src/model/scenario.js';
import type { TrafficSecond } from '../../src/model/observation.js';
import type { VerdictReport } from '../../src/model/verdict.js';
import { profileRun } from '../../src/compare/profile/profile-run.js';
import type { RunProfile } from '../../src/compare/profile/run-profile.js';
import { buildView } from '../unit/verdict/build-view.js';

export interface Simulated {
  /** Of everything that is drawn. */
  draw: number;
  /** The plan's seed: what runs are paired by. */
  seed?: number;
  /** Minutes after the first run. */
  startedAtMin: number;
  ratePerSecond: number;
  seconds: number;
  /** Standard deviation of ln(latency) from run to run. */
  runSd: number;
  /** All latencies times this. */
  factor?: number;
  /** The share of requests that are dropped. */
  dropped?: number;
  objectives?: object;
}

/** Neighbouring seconds: ln(latency) level with autocorrelation φ and this stationary standard deviation. */
const phi = 0.8;
const secondSd = 0.1;
/** Within a second, lognormal around 10 ms. */
const requestSd = 0.5;
const medianUs = 10_000;

/** A run of one endpoint whose soak is drawn from lognormal latencies with an AR(1) level and a run effect. */
export function simulatedRun(of: Simulated): RunProfile {
  return profileRun(simulatedView(of), verdictOf('GO'), { dir: `runs/${of.startedAtMin}-${of.draw}` });
}

export function simulatedView(of: Simulated): ResultView {
  const base = baseOf(of);
  const { series, seconds } = soakOf(of);
  const startedAt = new Date(Date.UTC(2026, 0, 1, 0, of.startedAtMin)).toISOString();
  return {
    ...base,
    manifest: { ...base.manifest, id: String(of.draw), startedAt },
    plan: { ...base.plan, seed: of.seed ?? 1 },
    series,
    seconds,
  };
}

const bases = new Map<string, ResultView>();

/** All but the traffic: the same for all runs of a kind. */
function baseOf({ seconds, objectives = {} }: Simulated): ResultView {
  const key = JSON.stringify([seconds, objectives]);
  const known = bases.get(key);
  if (known) return known;
  const base = buildView({
    phases: { warmup: 0, baseline: 0, upgrade: 1, soak: seconds, rollback: 0, recovery: 0 },
    perSecond: 1,
    objectives,
  });
  bases.set(key, base);
  return base;
}

function soakOf({ draw, ratePerSecond, seconds: length, runSd, factor = 1, dropped = 0 }: Simulated): {
  series: SeriesSecond[];
  seconds: TrafficSecond[];
} {
  const phase = phases.indexOf('soak');
  const runEffect = runSd * normal(draw, 1, 0);
  const counts = new Counts();
  const series: SeriesSecond[] = [];
  const seconds: TrafficSecond[] = [];
  let level = secondSd * normal(draw, 2, 0);
  for (let i = 0; i < length; i++) {
    const second = i + 1;
    level = phi * level + secondSd * Math.sqrt(1 - phi ** 2) * normal(draw, 2, i + 1);
    counts.clear();
    const drops = Math.round(ratePerSecond * dropped);
    for (let r = 0; r < ratePerSecond - drops; r++) {
      const z = normal(draw, 3, i * ratePerSecond + r);
      counts.record(medianUs * factor * Math.exp(runEffect + level + requestSd * z));
    }
    series.push({ endpoint: 0, phase, kind: 'response', second, ...counts.toSparse() });
    const ends = { ok: ratePerSecond - drops, httpError: 0, timeout: 0, connectionError: 0, dropped: drops };
    const rest = { aborted: 0, reasons: {}, missed: {}, retries: 0, variants: {} };
    seconds.push({ second, tallies: [{ endpoint: 0, phase, intended: ratePerSecond, ...ends, ...rest }] });
  }
  return { series, seconds };
}

export function verdictOf(verdict: VerdictReport['verdict'], because = 'as planted'): VerdictReport {
  return { verdict, because, findings: [], rules: [] };
}

/** Box–Muller. */
export function normal(seed: number, stream: number, counter: number): number {
  const u = 1 - drawUnit(seed, stream, counter, 1);
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * drawUnit(seed, stream, counter, 2));
}
