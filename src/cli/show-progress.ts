import {
  createLiveState,
  describeEvent,
  renderProgress,
  renderProgressLine,
  type RehearsalWatcher,
  type RunPlan,
} from '../index.js';
import { startClock } from '../foundation/clock.js';
import { usesColor } from './print-report.js';

const redrawMs = 250;
const lineEveryMs = 5_000;

export interface ShownProgress {
  watcher: RehearsalWatcher;
  /** One line, above the live block where there is one. */
  say(line: string): void;
  stop(): void;
}

/** Progress on stderr: a live block on a terminal, plain lines in a pipe, nothing when off. */
export function showProgress(plan: RunPlan, mode: 'live' | 'lines' | 'off'): ShownProgress {
  const out = process.stderr;
  const clock = startClock();
  const state = createLiveState(plan);
  let drawn = 0;
  const erase = () => {
    if (drawn > 0) out.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  const draw = () => {
    const lines = renderProgress(state.at(clock.now()), {
      color: usesColor(out),
      width: (out.columns || 100) - 1,
    });
    erase();
    out.write(lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  };
  const say = (line: string) => {
    erase();
    out.write(`${line}\n`);
  };
  const timer =
    mode === 'live'
      ? setInterval(draw, redrawMs)
      : mode === 'lines'
        ? setInterval(() => say(renderProgressLine(state.at(clock.now()))), lineEveryMs)
        : undefined;
  if (mode !== 'off')
    say(
      `rehearsing ${plan.name}: seed ${plan.seed}, about ${Math.round(plan.fixedMs / 1000)} s beside the steps`,
    );
  return {
    watcher: {
      ...state.watcher,
      event(event) {
        state.watcher.event?.(event);
        const line = mode === 'off' ? undefined : describeEvent(event);
        if (line !== undefined) say(line);
      },
    },
    say,
    stop() {
      clearInterval(timer);
      erase();
    },
  };
}
