import { formatMs } from '../foundation/units.js';
import type { ResultView } from '../model/result.js';
import { plain } from './plain-text.js';

/** `orders · started 2026-11-22 10:15:00 UTC · seed 1 · 1 min 24 s · Postgres 18.1 (embedded)` */
export function subject(view: ResultView): string {
  const lastUs = view.phases.reduce((last, { toUs }) => Math.max(last, toUs), 0);
  const firstUs = view.phases[0]?.fromUs ?? 0;
  const { fingerprint } = view;
  return [
    plain(view.manifest.scenario),
    `started ${plain(view.manifest.startedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC'))}`,
    `seed ${view.plan.seed}`,
    `${formatMs((lastUs - firstUs) / 1000)} under load`,
    ...(fingerprint?.postgres ? [plain(`Postgres ${fingerprint.postgres} (${fingerprint.provide})`)] : []),
  ].join(' · ');
}

/** Says that the run was cut short; nothing for one that was not. */
export function endLines(view: ResultView): string[] {
  const reason = view.endReason === undefined ? '' : `: ${plain(view.endReason)}`;
  if (!view.complete) {
    return [
      'INCOMPLETE: the run was cut short before its result was written; this is what was recorded until then.',
    ];
  }
  if (view.ended === 'complete') return [];
  const what = view.ended === 'broken' ? 'BROKEN: dten could not finish the run' : 'INTERRUPTED';
  return [`${what}${reason}. This is what was recorded until then.`];
}
