import type { LockWait } from '../../model/observation.js';
import { compatible } from '../log/lock-target.js';
import type { ErrorLine, LockLine } from '../log/lock-line.js';
import type { LockTag, SampledWait } from '../sampler/sampled-wait.js';
import type { ClientError } from './client-error.js';
import { foldLines, type LogWait } from './log-waits.js';

/** What the channels saw of one process. Every time in run time, µs; `sampled` and `lines` in time order. */
export interface ProcessRecords {
  pid: number;
  sampled: readonly SampledWait[];
  lines: readonly LockLine[];
  clientErrors: readonly ClientError[];
}

export interface MergeFacts {
  /** A wait that no sample saw was about this long at most. */
  missedWithinUs: number;
  /** The log was read up to here, and shows errors: a wait that ended without one was granted. */
  logShowsErrors: boolean;
  /** null: unknown. */
  deadlockTimeoutUs: number | null;
}

/** One wait, from every channel that saw it. Run time, µs. */
export interface MergedWait {
  pid: number;
  tag: LockTag;
  mode: string;
  fromUs: number;
  toUs: number;
  errorUs: number;
  ended: LockWait['ended'];
  seenBy: LockWait['seenBy'];
  sampled?: SampledWait;
  log?: LogWait;
  error?: ErrorLine;
  client?: ClientError;
}

/** The log's times are cut to milliseconds: on average half of one too early. */
const logCutUs = 500;
/** How far the log's end of a wait may lie outside the samples that enclose it. */
const logSlackUs = 20_000;
/** The same for the client's, which hears of it over the network, on a thread that may be busy. */
const clientSlackUs = 250_000;

/**
 * One process waits for one lock at a time, so its waits never overlap: what two channels tell of the same time is
 * the same wait. No wait of any channel is lost, none is told twice.
 */
export function mergeProcess(records: ProcessRecords, facts: MergeFacts): MergedWait[] {
  const { waits, errors } = foldLines(records.lines);
  const drafts = records.sampled.map(fromSampled);
  for (const wait of waits) {
    const [draft] = drafts
      .filter((one) => isSameWait(one, wait))
      // A wait that followed another at once may pass for either.
      .sort((a, b) => Math.abs(a.fromUs - wait.startUs) - Math.abs(b.fromUs - wait.startUs));
    if (draft) addLog(draft, wait);
    else drafts.push(fromLog(wait));
  }
  for (const error of errors) {
    const draft = endedNear(drafts, error.atUs, logSlackUs);
    if (draft) addError(draft, error);
    else if (error.provesWait) drafts.push(fromError(error, records.clientErrors, facts));
  }
  for (const error of records.clientErrors) addClient(drafts, error, facts);
  for (const draft of drafts) {
    if (draft.ended === 'unknown') draft.ended = inferredEnd(draft, facts);
  }
  return apart(drafts);
}

/** A wait whose start is only reckoned from its end cannot have begun before the process's last wait ended. */
function apart(drafts: MergedWait[]): MergedWait[] {
  drafts.sort((a, b) => a.toUs - b.toUs);
  let freeUs = -Infinity;
  for (const draft of drafts) {
    if (!draft.sampled && !draft.log && draft.fromUs < freeUs) {
      draft.errorUs += freeUs - draft.fromUs;
      draft.fromUs = Math.min(freeUs, draft.toUs);
    }
    freeUs = Math.max(freeUs, draft.toUs);
  }
  return drafts.sort((a, b) => a.fromUs - b.fromUs);
}

function fromSampled(sampled: SampledWait): MergedWait {
  const { pid, tag, mode, startUs, startErrorUs, lastSeenUs, goneUs } = sampled;
  const over = goneUs !== undefined;
  const lastUs = Math.max(startUs, lastSeenUs);
  return {
    pid,
    tag,
    mode,
    fromUs: startUs,
    toUs: over ? Math.max(startUs, (lastUs + goneUs) / 2) : lastUs,
    errorUs: startErrorUs + (over ? Math.max(0, goneUs - lastUs) / 2 : 0),
    ended: over ? 'unknown' : 'outlasted',
    seenBy: ['sampler'],
    sampled,
  };
}

function isSameWait(draft: MergedWait, wait: LogWait): boolean {
  const { sampled } = draft;
  if (!sampled || draft.log || !compatible(sampled.tag, wait.first.tag) || sampled.mode !== wait.first.mode) {
    return false;
  }
  const apartUs = Math.abs(sampled.startUs - wait.startUs);
  if (apartUs <= logSlackUs / 2 + sampled.startErrorUs) return true;
  // A line written late puts the start too late; the wait it tells of still lies within the sampled one.
  const untilUs = Math.min(sampled.goneUs ?? Infinity, wait.endUs ?? wait.lastUs);
  const sharedUs = untilUs - Math.max(sampled.startUs, wait.startUs);
  return sharedUs > (wait.lastUs - wait.startUs) / 2;
}

function addLog(draft: MergedWait, wait: LogWait): void {
  draft.log = wait;
  draft.seenBy = ['sampler', 'log'];
  if (wait.ended !== undefined) endAt(draft, wait);
}

function endAt(
  draft: MergedWait,
  end: { endUs?: number; durationUs?: number; ended?: LockWait['ended'] },
): void {
  draft.ended = end.ended ?? draft.ended;
  if (end.durationUs !== undefined) {
    // The duration is the server's own, from the clock reading that is also the waitstart.
    draft.toUs = draft.fromUs + end.durationUs;
    draft.errorUs = logCutUs;
  } else if (end.endUs !== undefined) {
    draft.toUs = Math.max(draft.fromUs, end.endUs + logCutUs);
    draft.errorUs = 2 * logCutUs + (draft.sampled?.startErrorUs ?? logCutUs);
  }
}

function fromLog(wait: LogWait): MergedWait {
  const draft: MergedWait = {
    pid: wait.pid,
    tag: wait.first.tag,
    mode: wait.first.mode,
    fromUs: wait.startUs + logCutUs,
    toUs: wait.lastUs + logCutUs,
    errorUs: logCutUs,
    ended: 'outlasted',
    seenBy: ['log'],
    log: wait,
  };
  endAt(draft, wait);
  return draft;
}

/**
 * The draft that ended at this instant, give or take: of several that may have, the one that was sampled last nearest
 * to it. A statement that is sent again at once waits again within the slack, but not before its error.
 */
function endedNear(drafts: readonly MergedWait[], atUs: number, slackUs: number): MergedWait | undefined {
  let nearest: { draft: MergedWait; awayUs: number } | undefined;
  for (const draft of drafts) {
    const { sampled } = draft;
    if (!sampled || draft.log?.ended !== undefined || draft.error || draft.client) continue;
    if (atUs + 2 * logCutUs + sampled.startErrorUs < sampled.startUs) continue;
    const awayUs = Math.max(sampled.lastSeenUs - atUs, atUs - (sampled.goneUs ?? Infinity), 0);
    if (awayUs <= slackUs && (!nearest || awayUs < nearest.awayUs)) nearest = { draft, awayUs };
  }
  return nearest?.draft;
}

function addError(draft: MergedWait, error: ErrorLine): void {
  draft.error = error;
  if (!draft.seenBy.includes('log')) draft.seenBy.push('log');
  endAt(draft, { endUs: error.atUs, ended: error.ended });
}

/** A wait that only its error tells of: shorter than deadlock_timeout, and no sample fell into it. */
function fromError(error: ErrorLine, clientErrors: readonly ClientError[], facts: MergeFacts): MergedWait {
  const lockTimeoutUs = clientErrors.find(
    (one) => one.ended === error.ended && Math.abs(one.atUs - error.atUs) <= clientSlackUs,
  )?.lockTimeoutUs;
  const { durationUs, errorUs } = unseenDuration(error.ended, lockTimeoutUs, facts);
  return {
    pid: error.pid,
    tag: error.tag ?? { lockType: 'unknown' },
    mode: error.mode ?? 'unknown',
    fromUs: error.atUs - durationUs,
    toUs: error.atUs,
    errorUs,
    ended: error.ended,
    seenBy: ['log'],
    error,
  };
}

function unseenDuration(
  ended: LockWait['ended'],
  lockTimeoutUs: number | undefined,
  facts: MergeFacts,
): { durationUs: number; errorUs: number } {
  const setUs = ended === 'deadlock' ? facts.deadlockTimeoutUs : lockTimeoutUs;
  // Timers of Postgres fire up to a few milliseconds late.
  if (setUs !== undefined && setUs !== null) return { durationUs: setUs, errorUs: 5_000 };
  return { durationUs: facts.missedWithinUs / 2, errorUs: facts.missedWithinUs / 2 };
}

function addClient(drafts: MergedWait[], error: ClientError, facts: MergeFacts): void {
  const draft = drafts.findLast((one) => {
    if (one.client || one.ended === 'granted') return false;
    const endUs = one.sampled && !one.log?.endUs && !one.error ? (one.sampled.goneUs ?? Infinity) : one.toUs;
    return (
      one.fromUs <= error.atUs &&
      one.toUs >= error.sentUs - clientSlackUs &&
      endUs >= error.atUs - clientSlackUs
    );
  });
  if (draft) {
    draft.client = error;
    draft.seenBy.push('client');
    if (draft.ended === 'outlasted') draft.toUs = Math.max(draft.fromUs, error.atUs);
    if (draft.ended === 'unknown' || draft.ended === 'outlasted') draft.ended = error.ended;
    return;
  }
  if (!error.provesWait) return;
  const sinceSentUs = error.atUs - error.sentUs;
  const { durationUs, errorUs } = unseenDuration(error.ended, error.lockTimeoutUs, facts);
  drafts.push({
    pid: error.pid,
    tag: { lockType: 'unknown' },
    mode: 'unknown',
    fromUs: error.atUs - Math.min(sinceSentUs, durationUs),
    toUs: error.atUs,
    errorUs: Math.min(sinceSentUs, errorUs),
    ended: error.ended,
    seenBy: ['client'],
    client: error,
  });
}

/** A wait that ended in another way left an error in the log, unless the server went down with it. */
function inferredEnd(draft: MergedWait, facts: MergeFacts): LockWait['ended'] {
  const evidence = draft.sampled?.evidence;
  if (evidence === 'cut off') return 'unknown';
  return evidence ?? (facts.logShowsErrors ? 'granted' : 'unknown');
}
