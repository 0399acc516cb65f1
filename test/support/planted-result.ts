import { clockFrom } from '../../src/foundation/clock.js';
import type { ResultJson, ResultView } from '../../src/model/result.js';
import type { VerdictReport } from '../../src/model/verdict.js';
import { createResult } from '../../src/results/create-result.js';
import { summarise } from '../../src/results/summarise.js';
import { judge } from '../../src/verdict/judge.js';

/** Writes a planted view as the folder that a rehearsal would have left; `sealed: false`: killed before its end. */
export async function plantResult(
  root: string,
  view: ResultView,
  { sealed = true, verdict }: { sealed?: boolean; verdict?: VerdictReport } = {},
): Promise<string> {
  const { startedAt, id, zeroEpochUs } = view.manifest;
  const clock = clockFrom(0n, zeroEpochUs);
  const writer = await createResult({ root, plan: view.plan, clock, startedAt, id });
  for (const event of view.events) writer.event(event);
  for (const { second, tallies } of view.seconds) {
    writer.traffic({
      type: 'interval',
      worker: 0,
      second,
      final: true,
      series: view.series.filter((one) => one.second === second),
      tally: tallies,
    });
  }
  for (const sample of view.health) writer.traffic({ type: 'health', sample });
  for (const sample of view.server) writer.server(sample);
  for (const wait of view.lockWaits) writer.lockWait(wait);
  for (const audit of view.audits) writer.audit(audit);
  for (const line of view.state) writer.state(line);
  writer.trace(view.trace);
  await writer.flush();
  if (sealed) await writer.seal(resultJson(view, verdict ?? judge(view)));
  else await writer.close();
  return writer.dir;
}

function resultJson(view: ResultView, verdict: VerdictReport): ResultJson {
  const { endpoints, conservationError, locks } = summarise(view);
  return {
    ...view.manifest,
    endedAt: new Date(Date.parse(view.manifest.startedAt) + 20_000).toISOString(),
    ended: view.ended,
    fingerprint: view.fingerprint,
    phases: view.phases,
    steps: view.steps,
    endpoints,
    lockCoverage: view.lockCoverage,
    locks,
    trace: view.trace,
    audits: view.audits,
    residue: view.residue,
    conservationError,
    degraded: view.degraded,
    teardownFailures: view.teardownFailures,
    verdict,
  };
}
