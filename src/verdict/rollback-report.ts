import { restoreSpans } from '../model/restore-spans.js';
import type { NoReturn, RollbackReport } from '../model/rollback.js';
import { secondUpgradeOf } from '../model/second-upgrade.js';
import { downSeconds, upAgainSecond } from './down-seconds.js';
import type { JudgedView } from './judged-view.js';
import { lostWrites } from './lost-writes.js';
import { noReturnsOf } from './no-return.js';
import { usPerSecond, type Cell } from './seconds.js';
import { plural, stepName } from './wording.js';

const backPhases: readonly string[] = ['rollback', 'recovery'];
const isBack = ({ phase }: Cell) => backPhases.includes(phase);

/** What the way back took and cost; undefined where the plan has none. What was not measured is null, never 0. */
export function rollbackReportOf(view: JudgedView): RollbackReport | undefined {
  const { result } = view;
  if (result.plan.rollback.length === 0) return undefined;
  const way = result.plan.rollbackWay ?? 'steps';
  const ran = result.steps.filter(({ side, outcome }) => side === 'rollback' && outcome !== 'skipped');
  const [first, last] = [ran[0], ran.at(-1)];
  const failed = ran.some(({ outcome }) => outcome !== 'ok');
  const span = view.phase('rollback');
  const down = span && downSeconds(view, span.fromUs, view.trafficEndUs, isBack);
  const lost = lostWrites(result);
  const fromUs = restoreSpans(result.events)[0]?.fromUs ?? span?.fromUs;
  const noReturn = noReturnsOf(view);
  return {
    way,
    outcome: first ? (failed ? 'failed' : 'ok') : 'not run',
    tookMs: first && last ? (last.toUs - first.fromUs) / 1000 : null,
    downMs: down && down.seconds > down.unknown ? down.down * 1000 : null,
    unknownSeconds: down ? down.unknown + down.suspect : null,
    parts: way === 'snapshot' ? partsOf(view) : [],
    snapshot: snapshotOf(view),
    writesLost: lost && {
      lost: lost.lost,
      discarded: lost.discarded,
      acknowledged: lost.acknowledged,
      oldestMs:
        lost.earliestSentUs === undefined || fromUs === undefined
          ? null
          : (fromUs - lost.earliestSentUs) / 1000,
      unaudited: lost.unaudited,
    },
    residue: residueOf(view),
    secondUpgrade: secondUpgradeOf(result.events) ?? null,
    noReturn,
    noReturnText: noReturnText(view, noReturn),
  };
}

/** Things the probes found after the rollback that were not there before; null: nobody looked, or one could not. */
function residueOf({ result }: JudgedView): number | null {
  const { residue } = result;
  if (!residue || residue.probes.some(({ state }) => state === 'unknown' || state === 'unstable'))
    return null;
  return residue.items.filter(({ origin }) => origin !== 'pre-existing').length;
}

function snapshotOf({ result }: JudgedView): RollbackReport['snapshot'] {
  const taken = result.events.findLast((event) => event.type === 'snapshot');
  return taken ? { bytes: taken.bytes, tookMs: taken.tookMs, takenUs: taken.atUs } : null;
}

/** Stop, put back, start; and from then on until every endpoint was up: sessions made anew, a cold cache. */
function partsOf(view: JudgedView): RollbackReport['parts'] {
  const spans = restoreSpans(view.result.events);
  const parts = spans.map(({ part, fromUs, toUs, bytes }): RollbackReport['parts'][number] => ({
    part,
    ms: toUs === undefined ? null : (toUs - fromUs) / 1000,
    ...(bytes !== undefined && { bytes }),
  }));
  const startedUs = spans.find(({ part }) => part === 'start')?.toUs;
  return startedUs === undefined
    ? parts
    : [
        ...parts,
        {
          part: 'until all was up (cold cache, new sessions, reads of what is gone)',
          ms: untilUpMs(view, spans[0]?.fromUs ?? startedUs, startedUs),
        },
      ];
}

/** To the second. Null: nobody asked for anything meanwhile, or it was not up before the end. */
function untilUpMs(view: JudgedView, fromUs: number, startedUs: number): number | null {
  const second = upAgainSecond(view, { fromUs, startedUs }, isBack);
  return second === undefined ? null : Math.max(0, (second * usPerSecond - startedUs) / 1000);
}

function noReturnText(view: JudgedView, found: readonly NoReturn[]): string {
  const { plan, rollbackTrials: report } = view.result;
  if (plan.rollbackWay === 'snapshot') {
    return 'no step: from wherever the snapshot is put back, every write since it was taken is lost';
  }
  const looked: string[] = [];
  if (!report || report.state === 'off') {
    const why = report?.reason === undefined ? '' : ` (${report.reason})`;
    looked.push(`the rollback was not tried from each step${why}`);
  } else {
    const tried = report.trials.filter(({ outcome }) => outcome !== 'not tried');
    const well = tried.filter(({ outcome }) => outcome === 'restored' || outcome === 'differs');
    const but = well.filter(({ leftOut }) => leftOut > 0).length;
    const partly =
      but > 0 ? ` (from ${but} of them only without statements that a later step is needed for)` : '';
    looked.push(
      tried.length === 0
        ? `the rollback could not be tried from any step (${report.reason ?? 'it is not known why'})`
        : `on clones without traffic it kept all data from ${well.length} of ${plural(report.trials.length, 'step')} of the upgrade that change the database${partly}`,
    );
  }
  const failed = view.result.steps.find(({ side, outcome }) => side === 'rollback' && outcome === 'failed');
  if (failed && !found.some(({ seenBy }) => seenBy === 'run')) {
    looked.push(
      `under load the rollback failed at ${stepName(failed.step)}: whether another attempt goes through is not known`,
    );
  }
  const lost = lostWrites(view.result);
  looked.push(
    !lost
      ? 'no ledger looked for the writes'
      : lost.unaudited > 0
        ? `the ledger could not look for ${plural(lost.unaudited, 'write or key', 'writes or keys')}`
        : 'the ledger looked for every write',
  );
  return `${found.length > 0 ? '' : 'none found: '}${looked.join('; ')}`;
}
