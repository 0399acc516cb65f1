import { formatMs } from '../../foundation/units.js';
import type { Finding } from '../../model/verdict.js';
import type { JudgedView } from '../judged-view.js';
import { excessOf } from './excess.js';
import { plural } from '../wording.js';
import { shareOut, type Part } from './share-out.js';
import type { Span } from './spans.js';
import type { Suspect } from './suspect.js';
import { suspectsIn } from './suspects.js';

export interface Explained {
  excess: NonNullable<Finding['excess']>;
  /** Begins with the lock, if one accounts for part of it. */
  text: string;
  byLock: boolean;
  /** Most of it is tied to a lock, a plan or a full pool: what else was looked for in vain needs no telling. */
  mostlyTied: boolean;
}

/** Parts below this are named in the data, not in the sentence. */
const worthTelling = 0.01;

/**
 * What an endpoint's requests in a window took beyond the usual, and what it was spent on. Undefined without a
 * baseline to compare with, or when nothing took longer than usual.
 */
export function explainExcess(view: JudgedView, endpoint: number, window: Span): Explained | undefined {
  const excess = excessOf(view, endpoint, window);
  if (!excess || excess.excessMs <= 0) return undefined;
  // A request is under way beyond the window that it began in.
  const longestUs = Math.max(0, ...excess.masses.map(({ during }) => during.toUs));
  const during = { fromUs: window.fromUs, toUs: Math.max(window.toUs, longestUs) };
  const suspects = suspectsIn(view, endpoint, during);
  const parts = shareOut(excess.masses, suspects);
  const { usualMs, excessMs, requests } = excess;
  return {
    excess: { usualMs, excessMs, requests, parts },
    text: tell(parts, suspects, excess),
    byLock: parts.some(({ kind, share }) => kind === 'lock' && share >= worthTelling),
    mostlyTied:
      parts
        .filter(({ kind }) => kind === 'lock' || kind === 'plan' || kind === 'pool')
        .reduce((sum, { share }) => sum + share, 0) >= 0.5,
  };
}

/** `(96% of the 412 s that 900 requests lost against the usual 2.1 ms); 3% queued for …; 1% unexplained`. */
function tell(
  parts: readonly Part[],
  suspects: readonly Suspect[],
  { excessMs, usualMs, requests }: { excessMs: number; usualMs: number; requests: number },
): string {
  const told = parts
    .filter(({ share, kind }) => share >= worthTelling || kind === 'unexplained')
    .toSorted((a, b) => rank(a) - rank(b) || b.share - a.share)
    .map((part, at) => {
      const of =
        at === 0
          ? ` of the ${formatMs(excessMs)} that ${plural(requests, 'request')} lost against the usual ${formatMs(usualMs)}`
          : '';
      return part.kind === 'lock'
        ? `${part.text} (${percent(part.share)}${of})`
        : `${percent(part.share)}${of} ${phrase(part, suspects)}`;
    });
  return told.join('; ');
}

/** Locks first, since what queued behind them is told with them; what is unexplained last. */
function rank({ kind }: Part): number {
  return kind === 'lock' ? 0 : kind === 'unexplained' ? 2 : 1;
}

/** What only happened at the same time is told as that, and no more. */
function phrase({ kind, text }: Part, suspects: readonly Suspect[]): string {
  switch (kind) {
    case 'unexplained':
    case 'meanwhile':
      return text;
    case 'plan':
      return `went to ${text}`;
    case 'pool':
    case 'connections':
      return `${text}${busyWith(suspects.find((suspect) => suspect.text === text)?.behind)}`;
    case 'lock':
    case 'database down':
    case 'service':
    case 'checkpoint':
    case 'autovacuum':
    case 'cpu':
      return `fell together with ${text}`;
  }
}

function busyWith(behind: Suspect['behind']): string {
  if (behind === undefined) return '';
  return behind === 'locks'
    ? ' while those before them waited for these locks'
    : ' while those before them ran what has another plan';
}

function percent(share: number): string {
  const value = share * 100;
  return value > 0 && value < 1 ? '<1%' : `${Math.round(value)}%`;
}
