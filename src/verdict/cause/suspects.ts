import type { ServerSample } from '../../model/observation.js';
import { formatMs } from '../../foundation/units.js';
import { groupBlocked, isTraffic, partiesAhead, type BlockedGroup } from '../blocked-traffic.js';
import type { JudgedView } from '../judged-view.js';
import { usPerSecond } from '../seconds.js';
import { describeGroup } from '../why.js';
import { databaseDied, plural, stepName } from '../wording.js';
import { carries } from './carries.js';
import { planSuspects } from './plan-changes.js';
import { starvedPools } from './pools.js';
import { overlapUs, union, type Span } from './spans.js';
import type { Suspect } from './suspect.js';

/** More of the machine's processors than this in use: what is ready to run waits for one. */
const busyRatio = 0.9;

/**
 * All that was going on in a window and can make an endpoint's requests slow, the most direct first: what is told
 * by an earlier one is not told again by a later.
 */
export function suspectsIn(view: JudgedView, endpoint: number, window: Span): Suspect[] {
  const within = (suspects: readonly Suspect[]) =>
    suspects
      .map((suspect) => ({ ...suspect, spans: clipped(suspect.spans, window) }))
      .filter(({ spans }) => spans.length > 0);
  const locks = within(lockSuspects(view, endpoint, window));
  const locked = union(locks.flatMap(({ spans }) => spans));
  const plans = within(planSuspects(view, endpoint, window));
  const replanned = union(plans.flatMap(({ spans }) => spans));
  const queues = within([...starvedPools(view, endpoint, window), ...connectionLimits(view)]).map(
    (suspect) => ({
      ...suspect,
      ...(mostlyIn(suspect, locked)
        ? { behind: 'locks' as const }
        : mostlyIn(suspect, replanned) && { behind: 'plan' as const }),
    }),
  );
  // Nobody saw these wait: behind the blocked ones inside the service, most likely, or slow by themselves.
  const meanwhile: Suspect = {
    kind: 'meanwhile',
    text: 'was lost meanwhile by requests that were not seen to wait for a lock themselves',
    spans: locked,
  };
  return [
    ...locks,
    ...within(outages(view)),
    ...plans,
    ...queues,
    meanwhile,
    ...within(serverWork(view.result.server)),
  ];
}

function mostlyIn({ spans }: Suspect, others: readonly Span[]): boolean {
  const wholeUs = spans.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0);
  return spans.reduce((sum, span) => sum + overlapUs(span, others), 0) * 2 >= wholeUs;
}

function clipped(spans: readonly Span[], { fromUs, toUs }: Span): Span[] {
  return union(
    spans.map((span) => ({ fromUs: Math.max(span.fromUs, fromUs), toUs: Math.min(span.toUs, toUs) })),
  );
}

function lockSuspects(view: JudgedView, endpoint: number, window: Span): Suspect[] {
  const inside = (span: Span) => span.fromUs < window.toUs && span.toUs > window.fromUs;
  const own = view.blocked.filter(({ wait }) => carries(view, endpoint, wait.waiter.actor) && inside(wait));
  const behindSteps = new Set(view.blocked.map(({ wait }) => wait));
  const others = view.result.lockWaits.filter(
    (wait) =>
      isTraffic(wait.waiter.actor) &&
      !behindSteps.has(wait) &&
      carries(view, endpoint, wait.waiter.actor) &&
      inside(wait),
  );
  const groups = groupBlocked(own).map((group): Suspect => ({
    kind: 'lock',
    text: describeGroup(view, group),
    spans: group.waits.map(({ wait }) => wait),
    budgetMs: blockedMs(group, window),
  }));
  if (others.length === 0) return groups;
  const longest = others.reduce((most, wait) => (wait.durationMs > most.durationMs ? wait : most));
  const ahead = partiesAhead(longest).at(-1);
  return [
    ...groups,
    {
      kind: 'lock',
      text: `${plural(others.length, 'wait')} for locks behind no step (longest ${formatMs(longest.durationMs)} for ${longest.relation ?? longest.target}, behind ${ahead ? `${ahead.actor.kind} ${ahead.actor.name}` : 'a session that was not seen'})`,
      spans: others,
      budgetMs: others.reduce((sum, wait) => sum + insideMs(wait, window), 0),
    },
  ];
}

function blockedMs({ waits }: BlockedGroup, window: Span): number {
  return waits.reduce((sum, { wait }) => sum + insideMs(wait, window), 0);
}

function insideMs(span: Span, window: Span): number {
  return Math.max(0, Math.min(span.toUs, window.toUs) - Math.max(span.fromUs, window.fromUs)) / 1000;
}

/** Times in which a server or a replica was not there, or was being replaced. */
function outages(view: JudgedView): Suspect[] {
  const { events } = view.result;
  const endUs = view.trafficEndUs;
  const suspects: Suspect[] = [];
  const died = events.find((event) => event.type === 'degraded' && databaseDied(event.lost));
  if (died) {
    suspects.push({
      kind: 'database down',
      text: 'Postgres being down',
      spans: [{ fromUs: died.atUs, toUs: endUs }],
    });
  }
  const rolls = view.result.steps.filter(({ kind, outcome }) => kind === 'service' && outcome !== 'skipped');
  for (const step of rolls) {
    suspects.push({ kind: 'service', text: `the roll of step ${stepName(step.step)}`, spans: [step] });
  }
  for (const event of events) {
    if (event.type !== 'service' || event.state !== 'died') continue;
    const back = events.find(
      (later) =>
        later.type === 'service' &&
        later.service === event.service &&
        later.state === 'ready' &&
        later.atUs > event.atUs,
    );
    suspects.push({
      kind: 'service',
      text: `the death of ${event.replica}`,
      spans: [{ fromUs: event.atUs, toUs: back?.atUs ?? endUs }],
    });
  }
  return suspects;
}

/** Seconds at whose end requests waited for a free connection of the scenario. */
function connectionLimits(view: JudgedView): Suspect[] {
  const full = view.result.health.filter(({ queued }) => queued > 0);
  if (full.length === 0) return [];
  const { connections } = view.result.plan.scenario.traffic;
  return [
    {
      kind: 'connections',
      text: `queued for a free connection (traffic.connections: ${connections})`,
      spans: full.map(({ second }) => ({ fromUs: second * usPerSecond, toUs: (second + 1) * usPerSecond })),
    },
  ];
}

function serverWork(samples: readonly ServerSample[]): Suspect[] {
  const between = (is: (sample: ServerSample, before: ServerSample) => boolean): Span[] =>
    samples.flatMap((sample, at) => {
      const before = samples[at - 1];
      return before && is(sample, before) ? [{ fromUs: before.atUs, toUs: sample.atUs }] : [];
    });
  const checkpoints = (sample: ServerSample) =>
    (sample.checkpointsTimed ?? 0) + (sample.checkpointsRequested ?? 0);
  const vacuumed = [...new Set(samples.flatMap(({ autovacuuming }) => autovacuuming ?? []))];
  return [
    {
      kind: 'checkpoint',
      text: 'a checkpoint',
      spans: between(
        (sample, before) =>
          sample.checkpointsTimed !== null &&
          before.checkpointsTimed !== null &&
          checkpoints(sample) > checkpoints(before),
      ),
    },
    {
      kind: 'autovacuum',
      text: `autovacuum of ${vacuumed.join(', ')}`,
      spans: between(({ autovacuuming }) => (autovacuuming?.length ?? 0) > 0),
    },
    {
      kind: 'cpu',
      text: `processors more than ${busyRatio * 100}% busy`,
      spans: between(({ host }) => host.cpuBusyRatio > busyRatio),
    },
  ];
}
