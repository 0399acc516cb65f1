import type { Actor, LockParty, LockWait } from '../model/observation.js';
import { applicationName, parseActor } from '../model/actor.js';
import type { ResultView } from '../model/result.js';
import { stepLabel } from '../model/step-reference.js';
import { tableName } from './wording.js';

/** A traffic session that waited behind a session of the upgrade or the rollback. */
export interface BlockedWait {
  wait: LockWait;
  /** Step id; the application's own name where no step of the plan fits. */
  step: string;
  statement: string | undefined;
  /** How long of it the step's session stood in front, ms, as sampled; else the whole wait. */
  ms: number;
  /** The step's session was seen in front of it; else it is taken for the blocker, since nobody was seen. */
  seen: boolean;
}

const stepKinds: readonly Actor['kind'][] = ['upgrade', 'rollback'];

/**
 * Sessions whose waits are the users': services, sql endpoints, and whatever connects under a name of its own (an
 * application that sets application_name itself). Observers, background jobs, autovacuum and steps are not.
 */
export function isTraffic(actor: Actor): boolean {
  return actor.kind === 'service' || actor.kind === 'traffic' || actor.kind === 'other';
}

/** Everyone in front of a waiter, the nearest first. */
export function partiesAhead(wait: LockWait): LockParty[] {
  return [...wait.blockers, ...wait.chain, ...(wait.root ? [wait.root] : [])];
}

/** Truth 3: only waits of traffic whose chain holds an upgrade or rollback session are the upgrade's doing. */
export function blockedTraffic(view: ResultView): BlockedWait[] {
  const sessions = stepSessions(view);
  return view.lockWaits.flatMap((wait): BlockedWait[] => {
    const ms = Math.min(wait.durationMs, wait.behindStepMs ?? wait.durationMs);
    if (!isTraffic(wait.waiter.actor) || sessions.isStep(wait.waiter)) return [];
    const ahead = partiesAhead(wait);
    const by =
      ahead.find((party) => sessions.isStep(party)) ??
      // A migration tool may connect under its own name. Application sessions hardly ever make each other wait
      // for a whole relation, and for rows they do: a wait for a relation while a command step runs is taken as
      // that step's, one for rows if that name was in no wait before or after.
      (sessions.commandAt(wait)
        ? ahead.find(
            ({ actor }) =>
              actor.kind === 'other' && (wait.lockType === 'relation' || sessions.onlyDuringCommands(actor)),
          )
        : undefined);
    if (by) {
      const step = sessions.stepOf(by) ?? sessions.commandAt(wait) ?? wait.step ?? by.actor.name;
      return [{ wait, step, statement: by.query ?? sessions.statementOf(by.pid, wait), ms, seen: true }];
    }
    const holder = wait.logHolders?.find((pid) => sessions.byPid.has(pid));
    if (holder !== undefined) {
      const step = sessions.byPid.get(holder) ?? '';
      return [{ wait, step, statement: sessions.statementOf(holder, wait), ms, seen: true }];
    }
    // Only the log saw it, and the log does not name a queued statement: while a step runs, a wait for a whole
    // relation behind somebody unseen counts as the step's.
    if (ahead.length === 0 && wait.lockType === 'relation' && wait.step !== undefined) {
      return [{ wait, step: wait.step, statement: undefined, ms, seen: false }];
    }
    return [];
  });
}

/** Upgrade and rollback may each have a step of one name. */
function shownAs({ kind, name }: Actor): string {
  return `${kind}/${name}`;
}

function stepSessions(view: ResultView) {
  const steps = [...view.plan.upgrade, ...view.plan.rollback];
  // A step connects under its label; application_name is cut at 63 bytes: compare what a session can show.
  const byShownName = new Map(
    steps.map((step) => [
      shownAs(parseActor(applicationName({ kind: step.side, name: stepLabel(step) }))),
      step.id,
    ]),
  );
  const byPid = new Map<number, string>();
  for (const event of view.events) {
    if ((event.type === 'step' || event.type === 'statement') && event.pid !== undefined) {
      byPid.set(event.pid, event.step);
    }
  }
  const commands = view.steps.filter(({ kind }) => kind === 'command');
  const during = ({ fromUs, toUs }: LockWait) =>
    commands.find((step) => fromUs < step.toUs && toUs > step.fromUs)?.step;
  const ofApplications = new Set(
    view.lockWaits
      .filter((wait) => during(wait) === undefined)
      .flatMap((wait) => [wait.waiter, ...partiesAhead(wait)].map(({ actor }) => actor.name)),
  );
  return {
    byPid,
    isStep: ({ pid, actor }: LockParty) => stepKinds.includes(actor.kind) || byPid.has(pid),
    stepOf: ({ pid, actor }: LockParty) => byShownName.get(shownAs(actor)) ?? byPid.get(pid),
    commandAt: during,
    onlyDuringCommands: ({ name }: Actor) => !ofApplications.has(name),
    /** The last statement its session had begun when the wait ended. */
    statementOf(pid: number, wait: LockWait): string | undefined {
      const begun = view.events.findLast(
        (event) =>
          event.type === 'statement' && event.edge === 'start' && event.pid === pid && event.atUs < wait.toUs,
      );
      if (begun?.type !== 'statement') return undefined;
      const statements = steps.find(({ id }) => id === begun.step)?.source?.statements ?? [];
      return statements.find(({ index }) => index === begun.index)?.text;
    },
  };
}

/** Row waits show as a ShareLock on a transaction id, the next in line as a lock on the tuple. */
function waitsForRows({ lockType }: LockWait): boolean {
  return lockType === 'transactionid' || lockType === 'tuple';
}

/** Waits behind the same statement for the same relation. */
export interface BlockedGroup {
  step: string;
  statement: string | undefined;
  /** Undefined for row locks whose table nobody named. */
  table: string | undefined;
  /** They waited for rows (for the transaction that had locked or written them), not for the table. */
  rows: boolean;
  /** What the waiters asked for. */
  modes: string[];
  waits: BlockedWait[];
  /** Distinct sessions. */
  sessions: number;
  longestMs: number;
  longest: BlockedWait;
  blockedSeconds: number;
}

/** Groups by step, statement and relation, row waits apart; the longest wait first. */
export function groupBlocked(blocked: readonly BlockedWait[]): BlockedGroup[] {
  const groups = new Map<string, BlockedWait[]>();
  for (const one of blocked) {
    const key = JSON.stringify([
      one.step,
      one.statement,
      one.wait.relation ?? one.wait.lockType,
      waitsForRows(one.wait),
    ]);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  const made = [...groups.values()].flatMap((waits): BlockedGroup[] => {
    const longest = waits.toSorted((a, b) => b.ms - a.ms)[0];
    if (!longest) return [];
    return [
      {
        step: longest.step,
        statement: longest.statement,
        table: longest.wait.relation === undefined ? undefined : tableName(longest.wait.relation),
        rows: waitsForRows(longest.wait),
        modes: [...new Set(waits.map(({ wait }) => wait.mode))].sort(),
        waits,
        sessions: new Set(waits.map(({ wait }) => wait.waiter.pid)).size,
        longestMs: longest.ms,
        longest,
        blockedSeconds: waits.reduce((sum, { ms }) => sum + ms, 0) / 1000,
      },
    ];
  });
  return made.sort((a, b) => b.longestMs - a.longestMs);
}

/** The most sessions that waited at one instant, and when that was first so. */
export function mostBlocked(blocked: readonly BlockedWait[]): { sessions: number; atUs: number } {
  const edges = blocked.flatMap(({ wait }) => [
    { us: wait.fromUs, pid: wait.waiter.pid, by: 1 },
    { us: wait.toUs, pid: wait.waiter.pid, by: -1 },
  ]);
  // Ends before starts at one instant: a session that goes from one wait to the next is one session.
  edges.sort((a, b) => a.us - b.us || a.by - b.by);
  const waiting = new Map<number, number>();
  let most = { sessions: 0, atUs: 0 };
  for (const { us, pid, by } of edges) {
    const depth = (waiting.get(pid) ?? 0) + by;
    if (depth > 0) waiting.set(pid, depth);
    else waiting.delete(pid);
    if (waiting.size > most.sessions) most = { sessions: waiting.size, atUs: us };
  }
  return most;
}
