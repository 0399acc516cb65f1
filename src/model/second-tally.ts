import type { SecondTally } from './observation.js';

/** The sum of two tallies of one endpoint × phase × second. */
export function addTallies(a: SecondTally, b: SecondTally): SecondTally {
  return {
    endpoint: a.endpoint,
    phase: a.phase,
    intended: a.intended + b.intended,
    ok: a.ok + b.ok,
    httpError: a.httpError + b.httpError,
    timeout: a.timeout + b.timeout,
    connectionError: a.connectionError + b.connectionError,
    dropped: a.dropped + b.dropped,
    aborted: a.aborted + b.aborted,
    reasons: addByKey(a.reasons, b.reasons),
    missed: addByKey(a.missed, b.missed),
    retries: a.retries + b.retries,
    variants: addByKey(a.variants, b.variants),
  };
}

function addByKey(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...a };
  for (const [key, count] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
