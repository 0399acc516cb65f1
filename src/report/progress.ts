import picocolors from 'picocolors';
import { formatCount, formatMs } from '../foundation/units.js';
import type { Phase } from '../model/scenario.js';
import { phases } from '../model/scenario.js';
import { plain } from './plain-text.js';
import { cut } from './text-width.js';

export { describeEvent } from './describe-event.js';

/** What is known of a running rehearsal at one instant. Unknown is null, and shown as such. */
export interface ProgressState {
  phase: Phase | 'preparing' | 'finishing';
  phaseElapsedMs: number;
  /** Undefined: it lasts as long as its steps. */
  phaseTotalMs?: number;
  runElapsedMs: number;
  /** Of the last full seconds. */
  offeredPerSecond: number | null;
  /** Answered as expected. */
  achievedPerSecond: number | null;
  /** Response time over the last seconds. */
  p99Ms: number | 'inf' | null;
  /** Failed, timed out or dropped in the last seconds. */
  failedPerSecond: number | null;
  inFlight: number | null;
  /** Sessions that wait for a lock now, and those of them that wait behind the upgrade or the rollback. */
  blocked: number | null;
  behindSteps: number | null;
  step?: { id: string; attempt: number; elapsedMs: number };
  /** What is going on outside the phases: "provisioning", "tracing the statements". */
  doing?: string;
}

export interface ProgressOptions {
  color: boolean;
  width: number;
}

/** The live block: one to three lines, none wider than `width`. */
export function renderProgress(state: ProgressState, { color, width }: ProgressOptions): string[] {
  const c = picocolors.createColors(color);
  const lines = [{ text: phaseLine(state, width), style: c.bold }];
  const offering = state.phase !== 'preparing' && state.phase !== 'finishing';
  if (offering) {
    const alarming = (state.failedPerSecond ?? 0) > 0 || (state.behindSteps ?? 0) > 0;
    lines.push({ text: `  ${figures(state)}`, style: alarming ? c.yellow : String });
  }
  const doing = doingNow(state);
  if (doing !== undefined) lines.push({ text: `  ${doing}`, style: c.cyan });
  return lines.map(({ text, style }) => style(cut(text, width)));
}

/** The same as one line without a cursor, for pipes and logs: every few seconds. */
export function renderProgressLine(state: ProgressState): string {
  const offering = state.phase !== 'preparing' && state.phase !== 'finishing';
  const parts = [
    `${formatSeconds(state.runElapsedMs)}  ${state.phase} ${elapsed(state)}`,
    ...(offering ? [figures(state)] : []),
    doingNow(state),
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

function phaseLine(state: ProgressState, width: number): string {
  const at = phases.findIndex((phase) => phase === state.phase);
  const position = at >= 0 ? ` (${at + 1}/${phases.length})` : '';
  const head = `${state.phase}${position}  ${elapsed(state)}`;
  if (state.phaseTotalMs === undefined || width < 60) return head;
  const cells = 24;
  const done = Math.round(cells * Math.min(1, state.phaseElapsedMs / Math.max(1, state.phaseTotalMs)));
  return `${head}  ${'━'.repeat(done)}${'╌'.repeat(cells - done)}`;
}

function elapsed({ phaseElapsedMs, phaseTotalMs }: ProgressState): string {
  const total = phaseTotalMs === undefined ? '' : ` of ${formatSeconds(phaseTotalMs)}`;
  return `${formatSeconds(phaseElapsedMs)}${total}`;
}

function figures(state: ProgressState): string {
  const blocked = `${known(state.blocked)} waiting for locks`;
  const behind = state.behindSteps ? ` (${state.behindSteps} behind the step)` : '';
  const failed = state.failedPerSecond ? `, ${formatCount(state.failedPerSecond)}/s failed` : '';
  return [
    `${known(state.offeredPerSecond)}/s offered, ${known(state.achievedPerSecond)}/s ok${failed}`,
    `p99 ${state.p99Ms === null ? '–' : state.p99Ms === 'inf' ? '∞' : formatMs(state.p99Ms)}`,
    `${known(state.inFlight)} in flight`,
    `${blocked}${behind}`,
  ].join(' · ');
}

function doingNow({ step, doing }: ProgressState): string | undefined {
  if (step) {
    const attempt = step.attempt > 1 ? `, attempt ${step.attempt}` : '';
    return plain(`step ${step.id}${attempt}, ${formatMs(step.elapsedMs)}`);
  }
  return doing === undefined ? undefined : plain(doing);
}

function known(n: number | null): string {
  return n === null ? '–' : formatCount(n);
}

function formatSeconds(ms: number): string {
  return ms < 59_500 ? `${Math.round(ms / 1000)} s` : formatMs(ms);
}
