import { formatBytes, formatCount, formatMs } from '../foundation/units.js';
import type { RollbackReport } from '../model/rollback.js';
import { plain, plural, stepName } from './plain-text.js';

/** `4.1 s`, or `unknown`: never 0 for want of data. */
export function knownMs(ms: number | null): string {
  return ms === null ? 'unknown' : formatMs(ms);
}

export function knownCount(n: number | null): string {
  return n === null ? 'unknown' : formatCount(n);
}

export function downText(downMs: number | null, unknownSeconds: number | null): string {
  const unknown = unknownSeconds ? ` (and ${plural(unknownSeconds, 'more second')} that cannot be told)` : '';
  return `${knownMs(downMs)}${unknown}`;
}

/** What is told of the way back: a label and a text each. */
export function rollbackFacts(report: RollbackReport): { label: string; text: string }[] {
  const { way, outcome, tookMs, downMs, unknownSeconds, writesLost, residue, noReturn } = report;
  const took =
    outcome === 'not run' ? 'not run' : `${knownMs(tookMs)}${outcome === 'failed' ? ', and failed' : ''}`;
  return [
    { label: 'way', text: way === 'snapshot' ? `snapshot${takenText(report)}` : 'steps' },
    { label: 'took', text: took },
    ...(report.parts.length > 0 ? [{ label: 'of it', text: partsText(report) }] : []),
    { label: 'down', text: `${downText(downMs, unknownSeconds)}, from the rollback on` },
    { label: 'writes', text: writesText(writesLost) },
    { label: 'residue', text: residue === null ? 'unknown: no probe looked' : plural(residue, 'thing') },
    ...(report.secondUpgrade ? [{ label: 'again', text: againText(report.secondUpgrade) }] : []),
    {
      label: 'no return',
      text: [
        ...noReturn.map(
          ({ step, seenBy, because }) =>
            `after ${stepName(plain(step))} (seen by the ${seenBy}): ${plain(because)}`,
        ),
        plain(report.noReturnText),
      ].join('; '),
    },
  ];
}

function takenText({ snapshot }: RollbackReport): string {
  if (!snapshot) return '';
  return ` of ${formatBytes(snapshot.bytes)}, copied before the traffic with Postgres stopped (${formatMs(snapshot.tookMs)}, not part of the downtime)`;
}

function partsText({ parts }: RollbackReport): string {
  return parts
    .map(
      ({ part, ms, bytes }) =>
        `${part} ${ms === null ? 'not seen to its end' : formatMs(ms)}${bytes === undefined ? '' : ` for ${formatBytes(bytes)}`}`,
    )
    .join(', ');
}

function writesText(lost: RollbackReport['writesLost']): string {
  if (!lost) return 'lost: unknown, no ledger looked for them after the rollback';
  const oldest =
    lost.oldestMs === null ? '' : `, the oldest sent ${formatMs(lost.oldestMs)} before the rollback`;
  const unaudited = lost.unaudited > 0 ? `; ${formatCount(lost.unaudited)} could not be looked for` : '';
  const discarded = lost.discarded > 0 ? `; ${formatCount(lost.discarded)} discarded as declared` : '';
  return `${formatCount(lost.lost)} lost of ${formatCount(lost.acknowledged)} acknowledged${oldest}${discarded}${unaudited}`;
}

function againText({
  outcome,
  tookMs,
  failedStep,
  message,
}: NonNullable<RollbackReport['secondUpgrade']>): string {
  const why = message === undefined ? '' : `: ${plain(message.split('\n')[0] ?? '')}`;
  switch (outcome) {
    case 'ok':
      return `the upgrade ran once more after the traffic, in ${formatMs(tookMs)}`;
    case 'failed':
      return `the upgrade failed when it ran once more, at ${stepName(plain(failedStep ?? 'an unknown step'))}${why}`;
    case 'interrupted':
      return 'the upgrade ran once more and was cut short';
    case 'not run':
      return `the upgrade was not run once more${why}`;
  }
}
