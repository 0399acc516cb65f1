import fc from 'fast-check';
import type { LockLine } from '../../../src/observe/log/lock-line.js';
import type { SampledWait } from '../../../src/observe/sampler/sampled-wait.js';

export const deadlockTimeoutUs = 1_000_000;
export const cadenceUs = 10_000;

type PlantedEnd = 'granted' | 'lock timeout' | 'deadlock' | 'statement timeout';

/** One wait that really was. Run time, µs. */
export interface Planted {
  pid: number;
  fromUs: number;
  toUs: number;
  relation: number;
  ended: PlantedEnd;
}

/**
 * Waits of a few processes; those of one process never overlap. One that a sample falls into
 * may follow another at once, as a retry does; others come after 60 ms, since nothing tells them apart sooner.
 */
export const plantedWaits: fc.Arbitrary<Planted[]> = fc
  .array(
    fc.array(
      fc.record({
        pauseUs: fc.oneof(
          fc.integer({ min: 2_000, max: 60_000 }),
          fc.integer({ min: 60_000, max: 4_000_000 }),
        ),
        lastsUs: fc.oneof(
          fc.integer({ min: 1_000, max: 30_000 }),
          fc.integer({ min: 30_000, max: 900_000 }),
          fc.integer({ min: 1_050_000, max: 9_000_000 }),
        ),
        relation: fc.integer({ min: 1, max: 3 }),
        ended: fc.constantFrom<PlantedEnd>(
          'granted',
          'granted',
          'lock timeout',
          'deadlock',
          'statement timeout',
        ),
      }),
      { maxLength: 8 },
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((processes) =>
    processes.flatMap((waits, i) => {
      let atUs = 0;
      return waits.map(({ pauseUs, lastsUs, relation, ended }): Planted => {
        const fromUs = atUs + (lastsUs > 2 * cadenceUs ? pauseUs : Math.max(60_000, pauseUs));
        atUs = fromUs + lastsUs;
        // A deadlock is looked for when deadlock_timeout has passed.
        const early = ended === 'deadlock' && lastsUs < deadlockTimeoutUs;
        return { pid: 100 + i, fromUs, toUs: atUs, relation, ended: early ? 'lock timeout' : ended };
      });
    }),
  );

/** What a sampler with its first sample at `phaseUs` sees of it; undefined: no sample fell into it. */
export function sampledOf(wait: Planted, phaseUs: number): SampledWait | undefined {
  const first = Math.ceil((wait.fromUs - phaseUs) / cadenceUs) * cadenceUs + phaseUs;
  if (first >= wait.toUs) return undefined;
  const last = Math.floor((wait.toUs - 1 - phaseUs) / cadenceUs) * cadenceUs + phaseUs;
  return {
    pid: wait.pid,
    tag: { lockType: 'relation', relation: wait.relation, database: 5 },
    mode: 'AccessShareLock',
    startUs: wait.fromUs,
    startErrorUs: 0,
    lastSeenUs: last,
    goneUs: last + cadenceUs,
    waiter: { pid: wait.pid, applicationName: 'dten/service/shop' },
    blockers: [],
    longest: { chain: [], rooted: false },
    behindStepUs: 0,
    relationHints: [],
  };
}

const cutToMs = (us: number) => Math.floor(us / 1000) * 1000;

/** What the log says of it, times cut to milliseconds. */
export function linesOf(wait: Planted): LockLine[] {
  const base = { pid: wait.pid, applicationName: 'dten/service/shop' };
  const tag = { lockType: 'relation', relation: wait.relation, database: 5 };
  const lines: LockLine[] = [];
  const told = (kind: 'waiting' | 'acquired', afterUs: number): LockLine => ({
    ...base,
    kind,
    atUs: cutToMs(wait.fromUs + afterUs),
    mode: 'AccessShareLock',
    tag,
    afterUs,
    holders: kind === 'waiting' ? [1] : [],
    queue: kind === 'waiting' ? [wait.pid] : [],
  });
  const lastsUs = wait.toUs - wait.fromUs;
  const long = lastsUs >= deadlockTimeoutUs;
  if (long) lines.push(told('waiting', deadlockTimeoutUs + 200));
  if (wait.ended === 'granted') {
    if (long) lines.push(told('acquired', lastsUs));
  } else {
    const provesWait = wait.ended !== 'statement timeout';
    lines.push({ ...base, kind: 'error', atUs: cutToMs(wait.toUs), ended: wait.ended, provesWait });
  }
  return lines;
}
