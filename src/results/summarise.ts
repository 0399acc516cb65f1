import { endpointSummaries } from '../histogram/endpoint-summaries.js';
import type { LockWait } from '../model/observation.js';
import type { EndpointSummary, ResultJson, ResultView } from '../model/result.js';

export interface Summary {
  endpoints: EndpointSummary[];
  /** Σ |intended − the six ends| over endpoints × phases: anything but 0 is a broken recorder. */
  conservationError: number;
  /** Of all sessions' waits; null when nothing watched for them, which is not "none". */
  locks: ResultJson['locks'];
}

/** The figures of result.json, from what was recorded. */
export function summarise(view: ResultView): Summary {
  const endpoints = endpointSummaries(view);
  let conservationError = 0;
  for (const { tally } of endpoints) {
    const ended =
      tally.ok + tally.httpError + tally.timeout + tally.connectionError + tally.dropped + tally.aborted;
    conservationError += Math.abs(tally.intended - ended);
  }
  return { endpoints, conservationError, locks: summariseLocks(view) };
}

function summariseLocks({ lockWaits, lockCoverage }: ResultView): ResultJson['locks'] {
  const watched = lockCoverage !== null && (lockCoverage.floorMs !== null || lockCoverage.log === 'read');
  if (!watched && lockWaits.length === 0) return null;
  const sumMs = lockWaits.reduce((sum: number, wait: LockWait) => sum + wait.durationMs, 0);
  return {
    waits: lockWaits.length,
    longestMs: lockWaits.reduce((longest, wait) => Math.max(longest, wait.durationMs), 0),
    blockedSeconds: sumMs / 1000,
  };
}
