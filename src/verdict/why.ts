import { formatMs } from '../foundation/units.js';
import type { LockParty } from '../model/observation.js';
import { restoreOutage } from '../model/restore-spans.js';
import { groupBlocked, isTraffic, partiesAhead, type BlockedGroup } from './blocked-traffic.js';
import type { JudgedView } from './judged-view.js';
import { modeHeldBy } from './traced-locks.js';
import { plural, quoted, stepName } from './wording.js';

export interface Window {
  fromUs: number;
  toUs: number;
}

/** The lock waits behind one statement of a step that explain a window. */
export interface Cause {
  group: BlockedGroup;
  text: string;
}

/**
 * The statement of a step behind which most time was waited in a window, if one wait was at least `atLeastMs`
 * long: a wait much shorter than what it should explain is no cause.
 */
export function causeIn(view: JudgedView, window: Window, atLeastMs: number): Cause | undefined {
  const groups = groupBlocked(view.blocked.filter(({ wait }) => overlaps(wait, window)));
  const group = groups
    .filter(({ longestMs }) => longestMs >= atLeastMs)
    .toSorted((a, b) => blockedIn(b, window) - blockedIn(a, window))[0];
  return group && { group, text: describeGroup(view, group) };
}

const stopped =
  'Postgres was stopped meanwhile, to put the snapshot back; what had been written since it was taken is gone';

/** The same as text; says "cause unknown", and what was looked at, rather than invent one. */
export function whyIn(view: JudgedView, window: Window, atLeastMs: number): string {
  const cause = causeIn(view, window, atLeastMs);
  if (cause) return cause.text;
  const outage = restoreOutage(view.result.events);
  if (outage && overlaps(outage, window)) return stopped;
  const died = view.result.events.find(
    (event) =>
      event.type === 'service' &&
      event.state === 'died' &&
      event.atUs >= window.fromUs &&
      event.atUs < window.toUs,
  );
  if (died?.type === 'service') return `${died.replica} died in this window`;
  const elsewhere = longestElsewhere(view, window, atLeastMs);
  if (elsewhere !== undefined) return elsewhere;
  if (!view.result.lockCoverage) return 'cause unknown: lock waits were not observed';
  const longest = groupBlocked(view.blocked.filter(({ wait }) => overlaps(wait, window)))[0];
  const seen = longest
    ? `the longest wait of traffic behind a step in this window was ${formatMs(longest.longestMs)}`
    : 'no session of the traffic was seen waiting behind a step in this window';
  return `cause unknown: ${seen}${stepsUnderWay(view, window)}`;
}

/** `48 sessions waited (AccessShareLock) for orders behind AccessExclusiveLock of \`ALTER …\` (step add status), …`. */
export function describeGroup(view: JudgedView, group: BlockedGroup): string {
  const { longest, rows, statement, step, table } = group;
  const held =
    rows || statement === undefined ? undefined : modeHeldBy(view.result.trace, step, statement, table);
  const on = rows
    ? `rows${table === undefined ? '' : ` of ${table}`}`
    : (table ?? `a ${longest.wait.lockType} lock`);
  const modes = rows ? '' : `(${group.modes.join(', ')}) `;
  const by = statement === undefined ? `a session of step ${stepName(step)}` : quoted(statement);
  const root = longest.wait.root;
  const queued =
    root && !['upgrade', 'rollback'].includes(root.actor.kind)
      ? `, itself waiting for ${describeParty(root)}`
      : '';
  const unseen = longest.seen ? '' : '; the blocker itself was not seen, the step was under way';
  const lasted = `${longest.wait.ended === 'outlasted' ? 'at least ' : ''}${formatMs(group.longestMs)}`;
  return (
    `${plural(group.sessions, 'session')} waited ${modes}for ${on} behind ` +
    `${held === undefined ? '' : `${held} of `}${by}${statement === undefined ? '' : ` (step ${stepName(step)})`}` +
    `${queued}; longest ${lasted}${unseen}`
  );
}

function describeParty({ actor, query }: LockParty): string {
  switch (actor.kind) {
    case 'background':
      return `the background job "${actor.name}"`;
    case 'service':
      return `a session of the service ${actor.name}`;
    case 'traffic':
      return `a session of the endpoint "${actor.name}"`;
    case 'autovacuum':
      return 'autovacuum';
    case 'upgrade':
    case 'rollback':
      return `step ${stepName(actor.name)}`;
    case 'observer':
    case 'other':
      return query === undefined ? `a session of "${actor.name}"` : quoted(query, 60);
  }
}

/** Traffic that waited long, but behind nobody of the upgrade. */
function longestElsewhere(view: JudgedView, window: Window, atLeastMs: number): string | undefined {
  const steps = new Set(view.blocked.map(({ wait }) => wait));
  const longest = view.result.lockWaits
    .filter((wait) => isTraffic(wait.waiter.actor) && !steps.has(wait) && overlaps(wait, window))
    .toSorted((a, b) => b.durationMs - a.durationMs)[0];
  if (!longest || longest.durationMs < atLeastMs) return undefined;
  const ahead = partiesAhead(longest).at(-1);
  const who = ahead ? describeParty(ahead) : 'a session that was not seen';
  return `traffic waited up to ${formatMs(longest.durationMs)} for ${longest.relation ?? longest.target} behind ${who}, not behind a step`;
}

function stepsUnderWay(view: JudgedView, window: Window): string {
  const names = view.result.steps
    .filter((step) => overlaps(step, window) && step.outcome !== 'skipped')
    .map(({ step }) => stepName(step));
  return names.length > 0 ? ` (under way in it: ${names.join(', ')})` : '';
}

function overlaps(interval: Window, window: Window): boolean {
  return interval.fromUs < window.toUs && interval.toUs > window.fromUs;
}

/** Time waited inside the window, µs, summed over its waits. */
function blockedIn(group: BlockedGroup, window: Window): number {
  return group.waits.reduce(
    (sum, { wait }) => sum + Math.min(wait.toUs, window.toUs) - Math.max(wait.fromUs, window.fromUs),
    0,
  );
}
