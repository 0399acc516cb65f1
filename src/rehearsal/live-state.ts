import { Counts } from '../histogram/counts.js';
import type { FromWorker } from '../model/contracts.js';
import type { SparseCounts, StampedEvent } from '../model/observation.js';
import type { RunPlan } from '../model/plan.js';
import type { ProgressState } from '../report/progress.js';
import type { RehearsalWatcher } from './watcher.js';

/** Seconds that rates and p99 are taken over. */
const windowSeconds = 3;

interface LiveSecond {
  intended: number;
  ok: number;
  dropped: number;
  failed: number;
  response: SparseCounts[];
}

export interface LiveState {
  readonly watcher: RehearsalWatcher;
  /** What is known at `nowUs` of the run's clock. */
  at(nowUs: number): ProgressState;
}

/** Follows a running rehearsal for progress: nothing here is judged or kept. */
export function createLiveState(plan: RunPlan): LiveState {
  const seconds = new Map<number, LiveSecond>();
  let phase: ProgressState['phase'] = 'preparing';
  let phaseFromUs = 0;
  let step: { id: string; attempt: number; fromUs: number } | undefined;
  let doing: string | undefined = 'provisioning';
  let inFlight: number | null = null;
  let locks: (() => { waiting: number; behindSteps: number }) | undefined;

  const onEvent = (event: StampedEvent) => {
    if (event.type === 'phase') {
      phase = event.phase === 'done' ? 'finishing' : event.phase;
      phaseFromUs = event.fromUs;
      doing = undefined;
    } else if (event.type === 'step') {
      step =
        event.edge === 'start' ? { id: event.step, attempt: event.attempt, fromUs: event.atUs } : undefined;
    } else if (event.type === 'gap') {
      doing = event.edge === 'start' ? event.purpose : undefined;
    } else if (event.type === 'note' && phase === 'preparing') {
      doing = event.message;
    }
  };

  const onTraffic = (message: FromWorker) => {
    if (message.type === 'health') inFlight = message.sample.inFlight;
    if (message.type !== 'interval') return;
    const second = seconds.get(message.second) ?? { intended: 0, ok: 0, dropped: 0, failed: 0, response: [] };
    seconds.set(message.second, second);
    for (const tally of message.tally) {
      second.intended += tally.intended;
      second.ok += tally.ok;
      second.dropped += tally.dropped;
      second.failed += tally.httpError + tally.timeout + tally.connectionError + tally.dropped;
    }
    second.response.push(...message.series.filter((series) => series.kind === 'response'));
    for (const old of seconds.keys()) if (old < message.second - 60) seconds.delete(old);
  };

  return {
    watcher: { event: onEvent, traffic: onTraffic, locks: (live) => void (locks = live) },
    at(nowUs) {
      const last = Math.floor(nowUs / 1_000_000) - 1;
      const recent = [...seconds]
        .filter(([second]) => second <= last && second > last - windowSeconds)
        .map(([, s]) => s);
      const sum = (pick: (s: LiveSecond) => number) => recent.reduce((total, s) => total + pick(s), 0);
      const perSecond = (n: number) => (recent.length === 0 ? null : n / recent.length);
      const counts = new Counts();
      for (const sparse of recent.flatMap((s) => s.response)) counts.addSparse(sparse);
      const p99Us =
        counts.total > 0
          ? counts.quantileUs(
              0.99,
              sum((s) => s.dropped),
            )
          : null;
      const live = locks?.();
      const totalMs = phase in plan.phaseMs ? plan.phaseMs[phase as keyof typeof plan.phaseMs] : undefined;
      return {
        phase,
        phaseElapsedMs: Math.max(0, nowUs - phaseFromUs) / 1000,
        ...(totalMs !== undefined && { phaseTotalMs: totalMs }),
        runElapsedMs: nowUs / 1000,
        offeredPerSecond: perSecond(sum((s) => s.intended)),
        achievedPerSecond: perSecond(sum((s) => s.ok)),
        p99Ms: p99Us === null ? null : Number.isFinite(p99Us) ? p99Us / 1000 : 'inf',
        failedPerSecond: perSecond(sum((s) => s.failed)),
        inFlight,
        blocked: live?.waiting ?? null,
        behindSteps: live?.behindSteps ?? null,
        ...(step && {
          step: { id: step.id, attempt: step.attempt, elapsedMs: (nowUs - step.fromUs) / 1000 },
        }),
        ...(doing !== undefined && { doing }),
      };
    },
  };
}
