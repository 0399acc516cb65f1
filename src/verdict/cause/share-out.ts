import type { Mass } from './excess.js';
import { overlapUs } from './spans.js';
import type { CauseKind, Suspect } from './suspect.js';

/** How much of an excess one suspect accounts for. */
export interface Part {
  kind: CauseKind | 'unexplained';
  text: string;
  ms: number;
  /** Of the whole excess, 0..1. */
  share: number;
}

/**
 * Shares an excess out over suspects in their order. A request owes a suspect at most the time for which both were
 * under way, and what it owes one it cannot owe another; all requests together owe a suspect at most its budget.
 * What is left over is unexplained, and the parts add up to the excess.
 */
export function shareOut(masses: readonly Mass[], suspects: readonly Suspect[]): Part[] {
  const totalMs = sumMs(masses.map(({ requests, excessUs }) => requests * excessUs));
  if (totalMs === 0) return [];
  let left = masses.map(({ excessUs }) => excessUs);
  const parts: Part[] = [];
  for (const { kind, text, spans, budgetMs = Infinity } of suspects) {
    const owed = masses.map(({ during }, at) => Math.min(left[at] ?? 0, overlapUs(during, spans)));
    const owedMs = sumMs(owed.map((us, at) => us * (masses[at]?.requests ?? 0)));
    if (owedMs === 0) continue;
    const scale = Math.min(1, budgetMs / owedMs);
    left = left.map((us, at) => us - (owed[at] ?? 0) * scale);
    const ms = owedMs * scale;
    if (ms > 0) parts.push({ kind, text, ms, share: ms / totalMs });
  }
  const restMs = totalMs - parts.reduce((sum, { ms }) => sum + ms, 0);
  parts.push({
    kind: 'unexplained',
    text: 'unexplained',
    ms: Math.max(0, restMs),
    share: Math.max(0, restMs / totalMs),
  });
  return parts;
}

function sumMs(us: readonly number[]): number {
  return us.reduce((sum, one) => sum + one, 0) / 1000;
}
