import { countOver } from './exceedance.js';
import { isInGap } from './gaps.js';
import type { JudgedView } from './judged-view.js';
import { secondsOf, usPerSecond, type Cell, type SecondSamples } from './seconds.js';

/** More than this share of an endpoint's requests failed or too slow: the second is down (truth 4). */
const downShare = 0.05;

/** paused: nothing was offered in it, so that an audit could look. */
type SecondState = 'up' | 'down' | 'unknown' | 'paused';

export interface DownSeconds {
  /** Whole seconds in which at least one endpoint was down. */
  down: number;
  /** As `down`, with latencies measured from the moment the pacer fired. */
  downFromDue: number;
  /** Seconds in which no endpoint had a request. */
  unknown: number;
  /**
   * Seconds, not down and not unknown, in which an endpoint without a request was down when it was last seen, or
   * is when it is seen next: a rare endpoint shows an outage only where its requests happen to fall. Seconds of a
   * pause count here too, and only here: an outage that reaches into one may have lasted as long as it.
   */
  suspect: number;
  /** Those in which something was offered, and those without requests: a pause is left out. */
  seconds: number;
  byEndpoint: { endpoint: string; down: number; unknown: number }[];
  /** The first and last down second. */
  first?: number;
  last?: number;
}

/**
 * The latency that makes a request count against its second: the tightest limit of the endpoint on p95 or above,
 * which more than 5% over it break by themselves. Undefined: only failures count.
 */
export function slowLimitMs(view: JudgedView, endpoint: number): number | undefined {
  const limits = view.limits.filter((limit) => limit.endpoint === endpoint && limit.q >= 1 - downShare);
  return limits.length > 0 ? Math.min(...limits.map(({ limitMs }) => limitMs)) : undefined;
}

/** Down and unknown seconds of all endpoints in [fromUs, toUs), by the intended second. */
export function downSeconds(
  view: JudgedView,
  fromUs: number,
  toUs: number,
  keep: (cell: Cell) => boolean,
): DownSeconds {
  const perEndpoint = statesOf(view, fromUs, toUs, keep);
  const all = perEndpoint[0]?.seconds ?? [];
  const positions = [...all.keys()].filter((at) => perEndpoint[0]?.response[at] !== 'paused');
  const isDown = positions.filter((at) => perEndpoint.some(({ response }) => response[at] === 'down'));
  const isDownFromDue = positions.filter((at) => perEndpoint.some(({ fromDue }) => fromDue[at] === 'down'));
  const suspects = perEndpoint.map(({ response }) => besideDown(response));
  const isUnknown = positions.filter((at) => perEndpoint.every(({ response }) => response[at] === 'unknown'));
  const [first, last] = [all[isDown[0] ?? -1], all[isDown.at(-1) ?? -1]];
  return {
    down: isDown.length,
    downFromDue: isDownFromDue.length,
    unknown: isUnknown.length,
    suspect: [...all.keys()].filter((at) => {
      return suspects.some((of) => of.has(at)) && !isDown.includes(at) && !isUnknown.includes(at);
    }).length,
    seconds: positions.length,
    byEndpoint: perEndpoint.map(({ endpoint, response }) => ({
      endpoint,
      down: response.filter((state) => state === 'down').length,
      unknown: response.filter((state) => state === 'unknown').length,
    })),
    ...(first !== undefined && last !== undefined && { first, last }),
  };
}

interface EndpointStates {
  endpoint: string;
  seconds: number[];
  response: SecondState[];
  fromDue: SecondState[];
}

function statesOf(
  view: JudgedView,
  fromUs: number,
  toUs: number,
  keep: (cell: Cell) => boolean,
): EndpointStates[] {
  const fromSecond = Math.floor(fromUs / usPerSecond);
  const toSecond = Math.max(fromSecond, Math.ceil(toUs / usPerSecond));
  return view.result.endpoints.map((endpoint, at) => {
    const cells = (view.cells[at] ?? []).filter(keep);
    const limitMs = slowLimitMs(view, at);
    const samples = secondsOf(cells, fromSecond, toSecond, view.trafficEndUs);
    const states = (from: 'response' | 'fromDue') =>
      samples.map((one) => (isInGap(view.result.gaps, one.second) ? 'paused' : stateOf(one, from, limitMs)));
    const seconds = samples.map(({ second }) => second);
    return { endpoint, seconds, response: states('response'), fromDue: states('fromDue') };
  });
}

/**
 * The second, from `startedUs` on, in which the last of the endpoints that were down since `fromUs` was seen up;
 * across a pause it is the first after it, at the latest. Undefined: one was not seen up, or nobody asked.
 */
export function upAgainSecond(
  view: JudgedView,
  { fromUs, startedUs }: { fromUs: number; startedUs: number },
  keep: (cell: Cell) => boolean,
): number | undefined {
  const perEndpoint = statesOf(view, fromUs, view.trafficEndUs, keep);
  const all = perEndpoint[0]?.seconds ?? [];
  const started = all.indexOf(Math.floor(startedUs / usPerSecond));
  if (started < 0) return undefined;
  const ups = perEndpoint.map(({ response }) => {
    const up = response.findIndex((state, at) => at >= started && state === 'up');
    const wasDown = response.slice(0, up < 0 ? undefined : up).includes('down');
    return { up, needed: wasDown };
  });
  if (ups.some(({ up, needed }) => needed && up < 0)) return undefined;
  const at = Math.max(started, ...ups.filter(({ needed }) => needed).map(({ up }) => up));
  const unasked = all.some(
    (_, i) => i >= started && i <= at && perEndpoint.every(({ response }) => response[i] === 'unknown'),
  );
  return unasked ? undefined : all[at];
}

/** Unknown seconds, and those of a pause, whose nearest known one, before or after, is down. */
function besideDown(states: readonly SecondState[]): Set<number> {
  const beside = new Set<number>();
  const walk = (from: number, to: number, step: 1 | -1) => {
    let last: SecondState = 'unknown';
    for (let at = from; at !== to; at += step) {
      const state = states[at] ?? 'unknown';
      if (state === 'up' || state === 'down') last = state;
      else if (last === 'down') beside.add(at);
    }
  };
  walk(0, states.length, 1);
  walk(states.length - 1, -1, -1);
  return beside;
}

/**
 * A timeout counts once, though it is among the slow as well (it is recorded at its deadline); another failure that
 * was slow too counts twice: rather down than up. What the end of the run cut off counts only if it was over the
 * limit by then; else how it would have ended is not known, and it makes no second up.
 */
function stateOf(
  second: SecondSamples,
  from: 'response' | 'fromDue',
  limitMs: number | undefined,
): SecondState {
  let n = 0;
  let failed = 0;
  let timeouts = 0;
  for (const { tally } of second.cells) {
    if (!tally) continue;
    n += tally.intended - tally.aborted;
    failed += tally.httpError + tally.connectionError + tally.dropped;
    timeouts += tally.timeout;
  }
  const slow = limitMs === undefined ? 0 : countOver(second[from], limitMs * 1000);
  const ended = second.cells.flatMap((cell) => cell[from]);
  n += limitMs === undefined ? 0 : slow - countOver(ended, limitMs * 1000);
  if (n === 0) return 'unknown';
  return Math.min(n, failed + Math.max(slow, timeouts)) > downShare * n ? 'down' : 'up';
}
