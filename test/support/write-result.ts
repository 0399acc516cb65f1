import { clockFrom } from '../../src/foundation/clock.js';
import type { StampedEvent } from '../../src/model/observation.js';
import type { ResultView } from '../../src/model/result.js';
import type { Revision } from '../../src/model/revision.js';
import { createResult } from '../../src/results/create-result.js';
import { summarise } from '../../src/results/summarise.js';
import { judge } from '../../src/verdict/judge.js';

export interface WrittenResult {
  startedAt: string;
  id: string;
  seed?: number;
  revision?: Revision | null;
  /** Left without its result.json, as by kill -9. */
  cutShort?: boolean;
}

/** A planted view as the folder that a rehearsal would have written, by the store's own writer. */
export async function writeResult(root: string, view: ResultView, about: WrittenResult): Promise<string> {
  const plan = { ...view.plan, seed: about.seed ?? view.plan.seed };
  const zeroEpochUs = Date.parse(about.startedAt) * 1000;
  const { startedAt, id, revision } = about;
  const writer = await createResult({
    ...{ root, plan, clock: clockFrom(0n, zeroEpochUs), startedAt, id },
    ...(revision !== undefined && { revision }),
  });
  const { events, toUs } = eventsOf(view);
  for (const event of events) writer.event(event);
  const tallies = new Map(view.seconds.map((one) => [one.second, one.tallies]));
  const last = Math.max(...tallies.keys());
  for (let second = 0; second <= last; second++) {
    const series = view.series.filter((one) => one.second === second);
    writer.traffic({
      ...{ type: 'interval', worker: 0, second, final: true, tally: tallies.get(second) ?? [] },
      series: series.map((one) => ({
        ...one,
        index: Uint32Array.from(one.index),
        count: Uint32Array.from(one.count),
      })),
    });
  }
  for (const sample of view.health) writer.traffic({ type: 'health', sample });
  for (const sample of view.server) writer.server(sample);
  for (const wait of view.lockWaits) writer.lockWait(wait);
  writer.trace(view.trace);
  if (about.cutShort === true) {
    await writer.flush();
    await writer.close();
    return writer.dir;
  }
  writer.event({ type: 'run', edge: 'end', note: view.ended, seq: events.length, atUs: toUs });
  const summary = summarise(view);
  await writer.flush();
  await writer.seal({
    ...{ ...view.manifest, id, startedAt, zeroEpochUs, plan, scenario: plan.name },
    ...(revision !== undefined && { revision }),
    endedAt: startedAt,
    ended: view.ended,
    fingerprint: view.fingerprint,
    phases: view.phases,
    steps: view.steps,
    endpoints: summary.endpoints,
    lockCoverage: view.lockCoverage,
    locks: summary.locks,
    trace: view.trace,
    audits: view.audits,
    conservationError: 0,
    degraded: view.degraded,
    teardownFailures: view.teardownFailures,
    verdict: judge(view),
  });
  return writer.dir;
}

/** The view's own events and those of its phases, in order. */
function eventsOf(view: ResultView): { events: StampedEvent[]; toUs: number } {
  const toUs = view.phases.at(-1)?.toUs ?? 0;
  const phases = view.phases.map(({ phase, fromUs }) => ({
    type: 'phase' as const,
    phase,
    fromUs,
    atUs: fromUs,
  }));
  const done = { type: 'phase' as const, phase: 'done' as const, fromUs: toUs, atUs: toUs };
  const ordered = [...view.events, ...phases, done].toSorted((a, b) => a.atUs - b.atUs);
  return { toUs, events: ordered.map((event, seq) => ({ ...event, seq })) };
}
