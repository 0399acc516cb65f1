/** Microseconds since run zero, on CLOCK_MONOTONIC. Never wall time. */
export type RunUs = number;

/**
 * One clock for a run. `zeroNs` is `process.hrtime.bigint()` at run zero; CLOCK_MONOTONIC is shared by all
 * threads of a machine, so a worker thread given the same `zeroNs` reads the same clock.
 */
export interface RunClock {
  readonly zeroNs: bigint;
  /** Wall-clock time at run zero, µs since the Unix epoch: for labels and for mapping server times only. */
  readonly zeroEpochUs: number;
  now(): RunUs;
}

export function startClock(): RunClock {
  const zeroNs = process.hrtime.bigint();
  // eslint-disable-next-line no-restricted-properties -- the one place that pairs wall time with the run's clock
  const zeroEpochUs = Date.now() * 1000;
  return clockFrom(zeroNs, zeroEpochUs);
}

/** The same clock in another thread. */
export function clockFrom(zeroNs: bigint, zeroEpochUs: number): RunClock {
  // hrtime() as [s, ns] avoids a BigInt allocation on the request path.
  const zeroSeconds = Number(zeroNs / 1_000_000_000n);
  const zeroRest = Number(zeroNs % 1_000_000_000n);
  return {
    zeroNs,
    zeroEpochUs,
    now() {
      const [s, ns] = process.hrtime();
      return (s - zeroSeconds) * 1_000_000 + (ns - zeroRest) / 1000;
    },
  };
}

/** Resolves after `ms`, or rejects with the signal's reason. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortReason(signal));
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(abortReason(signal as AbortSignal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}
