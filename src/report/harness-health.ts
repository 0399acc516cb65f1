import { formatCount, formatMs, formatRatio } from '../foundation/units.js';
import { Counts } from '../histogram/counts.js';
import { outcomeKinds } from '../model/observation.js';
import type { ResultView } from '../model/result.js';
import { phases } from '../model/scenario.js';

/** One line on the harness itself: whether its figures can be trusted. */
export function harnessHealth(
  view: Pick<ResultView, 'series' | 'seconds' | 'health' | 'complete' | 'ended'>,
): string {
  const lag = new Counts();
  // The rule that judges it leaves the warmup out: two figures of one name would not agree.
  for (const series of view.series) {
    if (series.kind === 'lag' && phases[series.phase] !== 'warmup') lag.addSparse(series);
  }
  const parts = [
    lag.total === 0
      ? 'send lag unknown (nothing was sent)'
      : `send lag since the warmup p99 ${formatMs(lag.quantileUs(0.99) / 1000)}, max ${formatMs(lag.maxUs() / 1000)}`,
  ];
  const { health } = view;
  if (health.length === 0) {
    parts.push('no samples of its own health');
  } else {
    const most = (of: (sample: (typeof health)[number]) => number) =>
      health.reduce((peak, sample) => Math.max(peak, of(sample)), 0);
    parts.push(
      `event loop delay p99 up to ${formatMs(most(({ loopDelayP99Us }) => loopDelayP99Us) / 1000)}`,
      `cpu up to ${formatRatio(most(({ cpuRatio }) => cpuRatio))} of a core a worker`,
      `in flight up to ${formatCount(most(({ inFlight }) => inFlight))}`,
      `connections busy up to ${formatCount(most(({ busyConnections }) => busyConnections))}`,
    );
  }
  parts.push(conservationText(view));
  return parts.join('; ');
}

/** intended = ok + http error + timeout + connection error + dropped + aborted, exactly. */
function conservationText({
  seconds,
  complete,
  ended: how,
}: Pick<ResultView, 'seconds' | 'complete' | 'ended'>) {
  let intended = 0;
  let ended = 0;
  for (const { tallies } of seconds) {
    for (const tally of tallies) {
      intended += tally.intended;
      for (const kind of outcomeKinds) ended += tally[kind];
    }
  }
  const requests = `${formatCount(intended)} requests intended`;
  if (intended === ended) return `${requests}, every one accounted for`;
  if ((!complete || how !== 'complete') && ended < intended) {
    return `${requests}, ${formatCount(intended - ended)} still under way when the recording ended`;
  }
  return `${requests}, ${formatCount(ended)} accounted for: DOES NOT ADD UP`;
}
