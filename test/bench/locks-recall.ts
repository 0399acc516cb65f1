import type { LockWait } from '../../src/model/observation.js';
import { startObservedContainer } from '../integration/observe/observed-container.js';
import { observe, startObservedServer, type SceneServer } from '../integration/observe/observed-server.js';
import { whyNoContainer } from '../integration/steps/container-postgres.js';
import { printTable, type Goal } from './goals.js';
import { lockModes } from './locks-modes.js';
import { plantingSchema, plantWaits, saturate, type Planted } from './locks-planting.js';

interface Recorded {
  truth: Planted;
  truthMs: number;
  wait: LockWait | undefined;
}

const bands: [name: string, fromMs: number, toMs: number][] = [
  ['1–5 ms', 1, 5],
  ['5–20 ms', 5, 20],
  ['20–50 ms', 20, 50],
  ['≥50 ms', 50, Infinity],
];
const cadenceMs = 10;

/**
 * On each version of Postgres at hand: recall, error and root blocker of the sampler alone (the log is kept from the
 * observer, and at the production deadlock_timeout of 1 s would show none of these waits), and the modes of the trace.
 */
export async function run(): Promise<Goal[]> {
  const goals = await onServer('embedded', await startObservedServer({ log_lock_waits: 'on' }));
  const without = await whyNoContainer();
  if (without === undefined) goals.push(...(await onServer('container', await startObservedContainer())));
  else console.log(`\nno figures of a container: ${without}`);
  return goals;
}

async function onServer(kind: string, server: SceneServer): Promise<Goal[]> {
  await using stopped = server;
  const version = `PG ${Math.floor(stopped.versionNumber / 10_000)} ${kind}`;
  const admin = await server.connect({ kind: 'observer', name: 'bench' });
  await admin.query(plantingSchema);
  console.log(`\n${version}: planted waits against recorded ones; sampler at 10 ms, deadlock_timeout 1 s`);
  return [
    ...(await condition(server, `${version}, idle`, 1, () => Promise.resolve(async () => undefined))),
    ...(await condition(server, `${version}, saturated`, 2, () => saturate(server))),
    ...(await lockModes(server, version)),
  ];
}

async function condition(
  server: SceneServer,
  name: string,
  seed: number,
  load: () => Promise<() => Promise<void>>,
): Promise<Goal[]> {
  const unload = await load();
  let truths: Planted[] = [];
  const { waits, coverage, database } = await observe(
    server,
    async () => {
      truths = await plantWaits(server, seed);
    },
    { cadenceMs, overrides: { readLog: () => Promise.resolve({ unavailable: 'kept from the observer' }) } },
  );
  await unload();
  const used = new Set<LockWait>();
  const recorded = truths
    .map((truth): Recorded => {
      const fromUs = database.toRunUs(truth.fromUs).atUs;
      const toUs = database.toRunUs(truth.toUs).atUs;
      const wait = waits.find(
        (one) =>
          !used.has(one) &&
          one.waiter.pid === truth.pid &&
          one.lockType === truth.lockType &&
          one.fromUs < toUs &&
          one.toUs > fromUs,
      );
      if (wait) used.add(wait);
      return { truth, truthMs: (truth.toUs - truth.fromUs) / 1000, wait };
    })
    .filter(({ truthMs }) => truthMs >= 1);
  const cadence = coverage.cadenceMs;
  console.log(
    `\n${name}: ${recorded.length} planted waits, cadence p50 ${cadence?.p50} p99 ${cadence?.p99} max ${cadence?.max.toFixed(1)} ms, floor ${coverage.floorMs} ms`,
  );
  return report(name, recorded);
}

function report(condition: string, recorded: readonly Recorded[]): Goal[] {
  const figures = (of: readonly Recorded[]) => {
    const seen = of.filter(({ wait }) => wait);
    const errors = seen
      .map(({ truthMs, wait }) => Math.abs((wait?.durationMs ?? 0) - truthMs))
      .sort((a, b) => a - b);
    const at = (q: number) =>
      errors[Math.min(errors.length - 1, Math.floor(q * errors.length))] ?? Number.NaN;
    return {
      seen: seen.length,
      of: of.length,
      share: seen.length / of.length,
      medianMs: at(0.5),
      p95Ms: at(0.95),
      roots: seen.filter(isRootRight).length,
    };
  };
  const byBand = bands.map(([name, fromMs, toMs]) => ({
    name,
    ...figures(recorded.filter(({ truthMs }) => truthMs >= fromMs && truthMs < toMs)),
  }));
  const byType = [...new Set(recorded.map(({ truth }) => truth.lockType))].map((name) => ({
    name,
    ...figures(recorded.filter(({ truth }) => truth.lockType === name)),
  }));
  const byEnd = (['granted', 'lock timeout', 'deadlock'] as const).map((ended) => ({
    name: `ended by ${ended === 'granted' ? 'grant' : ended}`,
    ...figures(recorded.filter(({ truth }) => truth.ended === ended)),
  }));
  const all = { name: 'all', ...figures(recorded) };
  printTable([
    ['', 'seen', 'error p50', 'p95', 'root right'],
    ...[...byBand, ...byType, ...byEnd, all].map((one) => [
      one.name,
      `${one.seen}/${one.of}`,
      `${one.medianMs.toFixed(1)} ms`,
      `${one.p95Ms.toFixed(1)} ms`,
      `${one.roots}/${one.seen}`,
    ]),
  ]);
  const totalMs = recorded.reduce((sum, { truthMs }) => sum + truthMs, 0);
  const capturedMs = recorded.reduce(
    (sum, { truthMs, wait }) => sum + Math.min(truthMs, wait?.durationMs ?? 0),
    0,
  );
  const share = (name: string) => byBand.find((band) => band.name === name)?.share ?? 0;
  const percent = (ratio: number) => `${(100 * ratio).toFixed(1)}%`;
  const goal = (what: string, measured: string, met: boolean): Goal => ({
    goal: `lock waits, ${condition}: ${what}`,
    measured,
    met,
  });
  const rootsRight = all.roots / all.seen;
  return [
    goal('all of ≥50 ms seen', percent(share('≥50 ms')), share('≥50 ms') === 1),
    goal('≥95% of 20–50 ms seen', percent(share('20–50 ms')), share('20–50 ms') >= 0.95),
    goal('median error ≤5 ms', `${all.medianMs.toFixed(1)} ms`, all.medianMs <= 5),
    goal(`p95 error ≤${cadenceMs + 2} ms`, `${all.p95Ms.toFixed(1)} ms`, all.p95Ms <= cadenceMs + 2),
    goal('≥93% of wait time captured', percent(capturedMs / totalMs), capturedMs / totalMs >= 0.93),
    goal('root blocker right ≥99%', percent(rootsRight), rootsRight >= 0.99),
  ];
}

/** The log names whom CREATE INDEX CONCURRENTLY waits for, who may wait for others in turn; the rest are planted. */
function isRootRight({ truth, wait }: Recorded): boolean {
  if (truth.lockType === 'virtualxid') return wait?.chain.some(({ pid }) => pid === truth.rootPid) ?? false;
  // A deadlock has no root: who closes the circle must stand in it.
  if (truth.ended === 'deadlock') return wait?.chain.some(({ pid }) => pid === truth.rootPid) ?? false;
  return wait?.root?.pid === truth.rootPid;
}
