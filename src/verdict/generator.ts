import { formatCount, formatMs, formatRatio } from '../foundation/units.js';
import { Counts } from '../histogram/counts.js';
import type { PhaseSpan } from '../model/result.js';
import { countOver, exceeds } from './exceedance.js';
import type { RuleFinding } from './finding-parts.js';
import { gapUs } from './gaps.js';
import { judgedPhases, type JudgedView } from './judged-view.js';
import { tightestLimitMs } from './limits.js';
import { usPerSecond } from './seconds.js';

const lagShareOfLimit = 0.1;
const lagLimitWithoutObjectiveMs = 10;
const leastAchieved = 0.99;
const fewestLags = 100;
/** What was sent is counted when a worker's timer gets round to it, not at the second's very end. */
const sampleJitterSeconds = 0.5;
/** Share of a phase's seconds that may lack a line of the harness's health. */
const mostUnmeasured = 0.05;
const remedy = 'offer fewer requests a second, use more workers (traffic.workers), or run on another machine';

/** Whether the load was offered as planned, in the baseline and every judged phase (truth 5). */
export function generatorFaults(view: JudgedView): { findings: RuleFinding[]; summary: string } {
  const tightestMs = tightestLimitMs(view.result);
  const lagLimitMs = tightestMs === undefined ? lagLimitWithoutObjectiveMs : tightestMs * lagShareOfLimit;
  const spans = view.result.phases.filter(
    ({ phase }) => phase === 'baseline' || judgedPhases.includes(phase),
  );
  const findings: RuleFinding[] = [];
  let worstLagMs = 0;
  let samples = 0;
  const unrecorded: string[] = [];
  for (const span of spans) {
    const lag = sendLag(view, span, lagLimitMs);
    samples += lag.n;
    if (lag.n > 0) worstLagMs = Math.max(worstLagMs, lag.p99Ms);
    if (lag.exceeded) {
      findings.push({
        weight: 'INVALID',
        what: `the harness was late: send lag p99 ${formatMs(lag.p99Ms)} during ${span.phase}, ${formatMs(lagLimitMs)} allowed (${tightestMs === undefined ? 'no latency limit is set' : 'a tenth of the tightest latency limit'})`,
        where: { phase: span.phase, fromUs: span.fromUs, toUs: span.toUs },
        measured: lag.p99Ms,
        limit: lagLimitMs,
        unit: 'ms',
        remedy,
      });
    }
    if (lag.n === 0 && intendedIn(view, span) > 0) unrecorded.push(span.phase);
    const short = shortfall(view, span) ?? notOffered(view, span);
    if (short) findings.push(short);
  }
  if (unrecorded.length > 0 || (samples === 0 && spans.length > 0)) {
    const during = unrecorded.length > 0 ? ` during ${unrecorded.join(', ')}` : '';
    findings.push({
      weight: 'INVALID',
      what: `send lag was not recorded${during}: whether the harness was late is not known`,
      where: {},
      remedy: 'rehearse again; latency.hlog has no lag series',
    });
  }
  const summary = `send lag p99 at most ${formatMs(worstLagMs)} of ${formatMs(lagLimitMs)} allowed, of ${formatCount(samples)} requests`;
  return { findings, summary };
}

function sendLag(
  view: JudgedView,
  span: PhaseSpan,
  limitMs: number,
): { n: number; p99Ms: number; exceeded: boolean } {
  const parts = view.cells.flat().flatMap(({ phase, lag }) => (phase === span.phase ? lag : []));
  const counts = Counts.of(...parts);
  // With fewer than 100, one late request is not a p99.
  const n = Math.max(counts.total, fewestLags);
  return {
    n: counts.total,
    p99Ms: counts.quantileUs(0.99) / 1000,
    exceeded: exceeds(0.99, n, countOver(parts, limitMs * 1000)),
  };
}

/**
 * Requests that were due and not sent although connections were idle. The backlog runs along the whole seconds of
 * the phase: what waits for a busy connection, ends unsent by its deadline or a refused connection, or is dropped,
 * is the system's.
 */
function shortfall(view: JudgedView, span: PhaseSpan): RuleFinding | undefined {
  const from = Math.ceil(span.fromUs / usPerSecond);
  const to = Math.floor(span.toUs / usPerSecond);
  const bySecond = loadBySecond(view, from, to);
  let backlog = 0;
  let offered = 0;
  let seconds = 0;
  let worst = { backlog: 0, second: from };
  for (const [second, load] of bySecond) {
    // Without a health line nobody knows what was sent.
    if (!load.measured) continue;
    offered += load.intended;
    backlog += load.intended - load.unsent - load.sent;
    seconds += 1;
    if (load.idle > 0 && backlog > worst.backlog) worst = { backlog, second };
  }
  const unmeasured = [...bySecond.values()].filter(({ measured }) => !measured).length;
  if (unmeasured > 0 && unmeasured > mostUnmeasured * bySecond.size) {
    return {
      weight: 'INVALID',
      what: `the harness's own health was not recorded in ${unmeasured} of ${bySecond.size} seconds of ${span.phase}: whether it sent what was due is not known`,
      where: { phase: span.phase, fromUs: span.fromUs, toUs: span.toUs },
      remedy: 'rehearse again; health.ndjson has no line of these seconds',
    };
  }
  const achieved = offered === 0 ? 1 : 1 - worst.backlog / offered;
  const jitter = (offered / Math.max(1, seconds)) * sampleJitterSeconds;
  if (worst.backlog <= (1 - leastAchieved) * offered + jitter) return undefined;
  return {
    weight: 'INVALID',
    what: `the harness fell behind during ${span.phase}: ${formatCount(worst.backlog)} of ${formatCount(offered)} requests were due and not sent while connections were idle (${formatRatio(achieved)} achieved)`,
    where: { phase: span.phase, fromUs: worst.second * usPerSecond, toUs: (worst.second + 1) * usPerSecond },
    measured: achieved,
    limit: leastAchieved,
    unit: 'ratio',
    remedy,
  };
}

interface Load {
  intended: number;
  unsent: number;
  sent: number;
  idle: number;
  measured: boolean;
}

/** Of all endpoints and workers together, in order. */
function loadBySecond(view: JudgedView, from: number, to: number): Map<number, Load> {
  const loads = new Map<number, Load>();
  for (let second = from; second < to; second++) {
    loads.set(second, { intended: 0, unsent: 0, sent: 0, idle: 0, measured: false });
  }
  for (const { second, tally } of view.cells.flat()) {
    const load = loads.get(second);
    if (!load || !tally) continue;
    load.intended += tally.intended;
    load.unsent += tally.dropped + tally.timeout + tally.connectionError + tally.aborted;
  }
  for (const { second, sent, connections, busyConnections } of view.result.health) {
    const load = loads.get(second);
    if (!load) continue;
    load.sent += sent;
    load.idle += connections - busyConnections;
    load.measured = true;
  }
  return loads;
}

/** Fewer requests than the rate promised: 1%, and four standard deviations of Poisson arrivals, are allowed. */
function notOffered(view: JudgedView, span: PhaseSpan): RuleFinding | undefined {
  const { rate } = view.result.plan.scenario.traffic;
  const offeredUs = span.toUs - span.fromUs - gapUs(view.result.gaps, span);
  const expected = (rate * offeredUs) / usPerSecond;
  const intended = intendedIn(view, span);
  if (intended >= leastAchieved * expected - 4 * Math.sqrt(expected)) return undefined;
  return {
    weight: 'INVALID',
    what: `${formatCount(intended)} requests were offered during ${span.phase}, ${formatCount(expected)} planned`,
    where: { phase: span.phase, fromUs: span.fromUs, toUs: span.toUs },
    measured: intended / expected,
    limit: leastAchieved,
    unit: 'ratio',
    remedy,
  };
}

function intendedIn(view: JudgedView, span: PhaseSpan): number {
  const tallies = view.cells.flat().flatMap(({ phase, tally }) => (phase === span.phase && tally) || []);
  return tallies.reduce((sum, tally) => sum + tally.intended, 0);
}
