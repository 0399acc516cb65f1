import { lossTotals } from '../../model/ledger-losses.js';
import type { LockWait, ServerSample } from '../../model/observation.js';
import type { ResultView } from '../../model/result.js';
import { phases, type Phase } from '../../model/scenario.js';
import type { Verdict } from '../../model/verdict.js';
import { lostOf, type PhaseSecond } from './phase-seconds.js';
import type { MeasureOfRun } from './run-profile.js';

/** Lock waits, steps, errors, correctness and the server: one number a run each. */
export function runFacts(
  view: ResultView,
  verdict: Verdict,
  seconds: readonly (readonly PhaseSecond[])[],
): MeasureOfRun[] {
  return [
    ...lockMeasures(view),
    ...stepMeasures(view),
    ...errorMeasures(view, seconds),
    ...correctness(view, verdict),
    ...serverMeasures(view),
  ];
}

type Kept = Omit<MeasureOfRun, 'better' | 'gate' | 'counts'> & Partial<MeasureOfRun>;
const measure = (kept: Kept): MeasureOfRun => ({ better: 'lower', gate: false, counts: true, ...kept });

function lockMeasures(view: ResultView): MeasureOfRun[] {
  const { lockWaits, lockCoverage, plan } = view;
  const sampled = lockCoverage !== null && lockCoverage.floorMs !== null;
  const watched = sampled || lockCoverage?.log === 'read';
  const behind = lockWaits.filter(isBehindStep);
  const known = (n: number) => (watched || lockWaits.length > 0 ? n : null);
  // The server's log tells that there was a wait; only the sampler sees who stood in front of it.
  const knownBehind = (n: number) => (sampled ? n : null);
  const longest = (waits: readonly LockWait[], of: (wait: LockWait) => number) =>
    waits.reduce((most, wait) => Math.max(most, of(wait)), 0);
  const group = 'locks' as const;
  return [
    measure({
      group,
      name: 'longest wait',
      unit: 'ms',
      value: known(longest(lockWaits, (w) => w.durationMs)),
    }),
    measure({
      group,
      name: 'blocked, all sessions',
      unit: 's',
      value: known(lockWaits.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000),
    }),
    measure({
      group,
      name: 'longest wait of traffic behind a step',
      unit: 'ms',
      gate: sampled && plan.scenario.objectives.locks?.longestWait !== undefined,
      value: knownBehind(longest(behind, behindMs)),
    }),
    measure({
      group,
      name: 'traffic blocked behind steps',
      unit: 's',
      value: knownBehind(behind.reduce((sum, wait) => sum + behindMs(wait), 0) / 1000),
    }),
    measure({
      group,
      name: 'waits of traffic behind a step',
      unit: 'count',
      value: knownBehind(behind.length),
    }),
  ];
}

/** Truth 3: a wait of the traffic with a session of the upgrade or rollback in front of it. */
function isBehindStep({ waiter, blockers, chain, root }: LockWait): boolean {
  if (!['service', 'traffic', 'other'].includes(waiter.actor.kind)) return false;
  const ahead = [...blockers, ...chain, ...(root ? [root] : [])];
  return ahead.some(({ actor }) => actor.kind === 'upgrade' || actor.kind === 'rollback');
}

function behindMs({ durationMs, behindStepMs }: LockWait): number {
  return Math.min(durationMs, behindStepMs ?? durationMs);
}

function stepMeasures({ steps }: ResultView): MeasureOfRun[] {
  return steps.flatMap(({ step, fromUs, toUs, attempts, outcome }) => {
    if (outcome === 'skipped') return [];
    const group = 'steps' as const;
    return [
      // How long a step took that did not end is not how long it takes.
      measure({
        group,
        name: `${step}: took`,
        unit: 'ms',
        value: outcome === 'ok' ? (toUs - fromUs) / 1000 : null,
      }),
      measure({ group, name: `${step}: retries`, unit: 'count', value: Math.max(0, attempts.length - 1) }),
    ];
  });
}

function errorMeasures(
  { phases: spans }: ResultView,
  seconds: readonly (readonly PhaseSecond[])[],
): MeasureOfRun[] {
  const sums = new Map<Phase, { intended: number; lost: number; retries: number }>();
  for (const { phase, tally } of seconds.flat()) {
    const sum = sums.get(phase) ?? { intended: 0, lost: 0, retries: 0 };
    sum.intended += tally?.intended ?? 0;
    sum.lost += lostOf(tally);
    sum.retries += tally?.retries ?? 0;
    sums.set(phase, sum);
  }
  const told = phases.filter((phase) => phase !== 'warmup' && spans.some((span) => span.phase === phase));
  return told.flatMap((phase) => {
    const sum = sums.get(phase);
    const share = (n: number | undefined) => (sum && sum.intended > 0 ? (n ?? 0) / sum.intended : null);
    const group = 'errors' as const;
    return [
      measure({ group, name: `failed or dropped in ${phase}`, unit: 'ratio', value: share(sum?.lost) }),
      measure({ group, name: `client retries in ${phase}`, unit: 'ratio', value: share(sum?.retries) }),
    ];
  });
}

/**
 * Facts that are counted and never averaged: one run with a lost write is one too many. None found is none only where
 * everything was looked at; what was found stands either way.
 */
function correctness(view: ResultView, verdict: Verdict): MeasureOfRun[] {
  const { audits, residue, plan } = view;
  const entities = audits.flatMap((audit) => audit.entities);
  const unseen = entities.some(({ unaudited, unidentified }) => unaudited !== undefined || unidentified > 0);
  const losses = lossTotals(audits).filter(({ discarded }) => !discarded);
  const count = (kind: 'lost' | 'changed') =>
    foundIn(
      losses.reduce((sum, loss) => sum + (loss.kind === kind ? loss.count : 0), 0),
      entities.length > 0 && !unseen,
    );
  const probes = (residue?.probes ?? []).filter(({ state }) => state !== 'ignored');
  const probed =
    probes.length > 0 && probes.every(({ state }) => state !== 'unknown' && state !== 'unstable');
  const left = residue?.items.filter(({ origin }) => origin !== 'pre-existing').length ?? 0;
  const failed = view.steps.filter(({ outcome }) => outcome === 'failed').length;
  const readings = audits.flatMap(({ invariants }) => invariants);
  const broken = readings.filter(({ holds }) => holds === false);
  const declared = Object.keys(plan.scenario.ledger?.invariants ?? {});
  const read =
    audits.length > 0 &&
    readings.every(({ holds }) => holds !== undefined) &&
    declared.every((name) => readings.some((reading) => reading.name === name));
  const fact = (name: string, value: number | null): MeasureOfRun =>
    measure({ group: 'correctness', name, unit: 'count', value });
  return [
    fact('acknowledged writes lost', count('lost')),
    fact('acknowledged writes changed', count('changed')),
    fact('invariants broken', foundIn(new Set(broken.map(({ name }) => name)).size, read)),
    fact('items left behind', foundIn(left, probed)),
    fact('steps failed', failed),
    fact('judged NO-GO', verdict === 'NO-GO' ? 1 : 0),
  ];
}

function foundIn(found: number, whole: boolean): number | null {
  return found > 0 || whole ? found : null;
}

function serverMeasures(view: ResultView): MeasureOfRun[] {
  const within = (phase: Phase): ServerSample[] => {
    const span = view.phases.find((one) => one.phase === phase);
    return span ? view.server.filter(({ atUs }) => span.fromUs <= atUs && atUs < span.toUs) : [];
  };
  const fromUs = view.phases.find(({ phase }) => phase === 'upgrade')?.fromUs ?? Infinity;
  const since = view.server.filter(({ atUs }) => atUs >= fromUs);
  const soak = within('soak');
  const hits = grown(soak, 'blocksHit');
  const reads = grown(soak, 'blocksRead');
  const seconds = soak.length > 1 ? ((soak.at(-1)?.atUs ?? 0) - (soak[0]?.atUs ?? 0)) / 1e6 : 0;
  const commits = grown(soak, 'commits');
  const busy = (samples: readonly ServerSample[]) =>
    samples.length === 0
      ? null
      : samples.reduce((sum, { host }) => sum + host.cpuBusyRatio, 0) / samples.length;
  const told = (
    name: string,
    unit: MeasureOfRun['unit'],
    value: number | null,
    better: MeasureOfRun['better'],
  ) => measure({ group: 'server', name, unit, value, better, counts: false });
  return [
    told('WAL from the upgrade on', 'bytes', grown(since, 'walBytes'), 'lower'),
    told('deadlocks from the upgrade on', 'count', grown(since, 'deadlocks'), 'lower'),
    told(
      'cache hits in soak',
      'ratio',
      hits === null || reads === null || hits + reads === 0 ? null : hits / (hits + reads),
      'higher',
    ),
    told('commits in soak', '1/s', commits === null || seconds === 0 ? null : commits / seconds, 'neither'),
    told('cpu of the host in upgrade', 'ratio', busy(within('upgrade')), 'lower'),
    told('cpu of the host in soak', 'ratio', busy(soak), 'lower'),
  ];
}

type Counter = 'walBytes' | 'deadlocks' | 'blocksHit' | 'blocksRead' | 'commits';

/** How much a cumulative counter grew over some samples; null where it was not read twice, or was reset. */
function grown(samples: readonly ServerSample[], counter: Counter): number | null {
  const read = samples.flatMap((sample) => sample[counter] ?? []);
  const [first, last] = [read[0], read.at(-1)];
  if (read.length < 2 || first === undefined || last === undefined || last < first) return null;
  return last - first;
}
