import type { VerdictReport } from '../model/verdict.js';
import { downSeconds, type DownSeconds } from './down-seconds.js';
import { judgedPhases, type JudgedView } from './judged-view.js';

/** Down seconds from the upgrade to the end of recovery; undefined where none of these phases was reached. */
export function judgedDown(view: JudgedView): DownSeconds | undefined {
  const spans = view.result.phases.filter(({ phase }) => judgedPhases.includes(phase));
  const [first] = spans;
  if (!first) return undefined;
  const toUs = Math.max(...spans.map((span) => span.toUs));
  return downSeconds(view, first.fromUs, toUs, ({ phase }) => judgedPhases.includes(phase));
}

/** As reports and trends show it, whether the scenario limits it or not. */
export function downtimeOf(view: JudgedView): VerdictReport['downtime'] {
  const down = judgedDown(view);
  if (!down) return undefined;
  return {
    downMs: down.seconds > down.unknown ? down.down * 1000 : null,
    unknownSeconds: down.unknown + down.suspect,
  };
}
