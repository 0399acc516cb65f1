import type { ServerSample } from '../../model/observation.js';
import type { RuleFinding } from '../finding-parts.js';
import type { JudgedView } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { some, tableName } from '../wording.js';

/** Truth 13: what was left out, and what the server does now and then and did not do. Notes beside the verdict. */
export const notRehearsed: Rule = {
  id: 'not-rehearsed',
  title: 'Not rehearsed',
  doc: 'The scenario has no rollback or no database; or no checkpoint, or no autovacuum of a touched table, fell into upgrade or soak: a note beside the verdict, since it may well in production.',
  judge(view) {
    const left = leftOut(view);
    const server = serverNotes(view);
    if (!server && left.length === 0) return notAsked;
    return {
      findings: [...left, ...(server?.findings ?? [])],
      summary: server?.summary ?? 'no database is part of the scenario',
    };
  },
};

/** What the scenario leaves out of the rehearsal altogether: GO says nothing about it. */
function leftOut({ result: { plan } }: JudgedView): RuleFinding[] {
  const findings: RuleFinding[] = [];
  if (plan.rollback.length === 0) {
    findings.push({
      weight: 'note',
      what: 'not rehearsed: the scenario has no rollback: whether there is a way back is not known',
      where: {},
      remedy: 'rollback: { steps: [ … ] }',
    });
  }
  if (!plan.scenario.environment.database) {
    findings.push({
      weight: 'note',
      what: 'not rehearsed: the scenario has no database: lock waits, lock holds and rewrites were not watched',
      where: {},
      remedy: 'declare environment.database, also where it is external',
    });
  }
  return findings;
}

function serverNotes(view: JudgedView): { findings: RuleFinding[]; summary: string } | undefined {
  if (!view.result.plan.scenario.environment.database) return undefined;
  const samples = samplesInside(view);
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || samples.length < 2) {
    return {
      findings: [note('whether a checkpoint or an autovacuum fell into upgrade or soak is not known')],
      summary: 'no server statistics during upgrade and soak',
    };
  }
  const findings: RuleFinding[] = [];
  const checkpoints = grown(first, last);
  if (checkpoints === null) {
    findings.push(note('whether a checkpoint fell into upgrade or soak could not be read'));
  } else if (checkpoints === 0) {
    findings.push(note('not rehearsed: no checkpoint fell into upgrade or soak'));
  }
  const touched = touchedTables(view);
  const idle = touched.filter((table) => count(last, table) <= count(first, table));
  if (idle.length > 0) {
    findings.push(note(`not rehearsed: no autovacuum of ${some(idle)} fell into upgrade or soak`));
  }
  return {
    findings,
    summary: `${checkpoints ?? 'unknown'} checkpoints, autovacuum of ${touched.length - idle.length} of ${touched.length} touched tables, during upgrade and soak`,
  };
}

function note(what: string): RuleFinding {
  return {
    weight: 'note',
    what,
    where: {},
    remedy:
      'soak longer (timeline.soak), or lower checkpoint_timeout and the autovacuum thresholds in settings',
  };
}

/** From the last sample before the upgrade to the last of the soak (of the upgrade, without one). */
function samplesInside(view: JudgedView): ServerSample[] {
  const upgrade = view.phase('upgrade');
  if (!upgrade) return [];
  const toUs = view.phase('soak')?.toUs ?? upgrade.toUs;
  const sorted = view.result.server.toSorted((a, b) => a.atUs - b.atUs);
  const before = sorted.filter(({ atUs }) => atUs <= upgrade.fromUs).slice(-1);
  return [...before, ...sorted.filter(({ atUs }) => atUs > upgrade.fromUs && atUs <= toUs)];
}

function grown(first: ServerSample, last: ServerSample): number | null {
  const sum = ({ checkpointsTimed, checkpointsRequested }: ServerSample) =>
    checkpointsTimed === null || checkpointsRequested === null
      ? null
      : checkpointsTimed + checkpointsRequested;
  const [from, to] = [sum(first), sum(last)];
  return from === null || to === null ? null : to - from;
}

function count(sample: ServerSample, table: string): number {
  return Object.entries(sample.autovacuums)
    .filter(([name]) => tableName(name) === table)
    .reduce((sum, [, n]) => sum + n, 0);
}

/** Tables that existed before and that the traffic or a traced statement touches. */
function touchedTables(view: JudgedView): string[] {
  const existed = new Set(Object.keys(view.result.trace.tables).map(tableName));
  const locked = view.result.trace.statements
    .flatMap(({ locks }) => locks)
    .filter(({ relkind, created }) => relkind === 'r' && !created)
    .map(({ relation }) => tableName(relation));
  const touched = new Set([...view.trafficTables.touched, ...locked.filter((table) => existed.has(table))]);
  return [...touched].sort();
}
