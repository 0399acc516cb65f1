import type { CleanupRun, ResidueItem, ResidueReport } from '../../model/residue.js';
import { builtInPrefix, type ResidueObjective, type StateClass } from '../../model/state.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import { residueFinding } from '../residue-wording.js';
import { notAsked, type Rule } from '../rule.js';
import { plural, some } from '../wording.js';

/** Beyond this many of one probe the rest is counted: a dropped schema is one loss, not a thousand lines. */
const mostOfAProbe = 30;

/** Truth 7, and `package.md`: what is there after the rollback and was not before the upgrade. */
export const residue: Rule = {
  id: 'residue',
  title: 'Residue',
  doc: 'Something that the upgrade changed is not as before after the rollback (or, with after: cleanup, after the cleanup), or the cleanup does not clean: NO-GO. What came after S1 in a system that others use too, what a probe could not read, and what flaps by itself: INVALID. Waivable by path.',
  judge({ result }) {
    const { plan, residue: report } = result;
    const objective: ResidueObjective | undefined = plan.scenario.objectives.residue;
    if (objective === undefined) return unasked(report);
    if (plan.rollback.length === 0) {
      return {
        noData: 'there is no rollback that could leave anything behind',
        remedy: 'give the scenario a rollback',
      };
    }
    if (!report) {
      return {
        noData: 'the state was never read',
        remedy: 'declare probes, or a database: its catalog is then read',
      };
    }
    const { after = 'rollback', classes = undefined } = objective === 'none' ? {} : objective;
    const wanted = (of: { class: StateClass }) => classes === undefined || classes.includes(of.class);
    if (after === 'cleanup' && !report.cleanup) {
      return {
        noData: 'no cleanup was run',
        remedy: 'give the scenario cleanup: { run: true }, or judge after: rollback',
      };
    }
    const items = report.items.filter(wanted);
    const probes = report.probes.filter(wanted);
    const left = items.filter(({ origin }) => origin !== 'pre-existing');
    return {
      findings: [
        ...(after === 'rollback'
          ? capped(items, tellUncleaned(report.cleanup))
          : capped(notCleaned(report.cleanup, items))),
        ...cleanupFindings(report.cleanup, items, { wanted, toldAlready: after === 'rollback' }),
        ...emptyProbes(probes),
      ],
      unjudged: [
        ...unreadProbes(probes, after === 'cleanup' ? report.cleanup : null),
        ...unstableProbes(probes),
      ],
      summary: summaryOf(report, probes.length, left.length),
    };
  },
};

/** No objective: what is left behind is no failure, and is not passed over either. */
function unasked(report: ResidueReport | null): ReturnType<Rule['judge']> {
  const left = (report?.items ?? []).filter(({ origin }) => origin !== 'pre-existing');
  if (left.length === 0) return notAsked;
  return {
    findings: [
      {
        weight: 'note',
        what: `${plural(left.length, 'thing')} not as before the upgrade: ${some(left.map(({ path }) => path))}`,
        where: { phase: 'rollback' },
        measured: left.length,
        unit: 'count',
        remedy: 'judge it with objectives: { residue: none }',
      },
    ],
    summary: `no objective set; ${plural(left.length, 'thing')} left behind`,
  };
}

function capped(items: readonly ResidueItem[], told = residueFinding): RuleFinding[] {
  const byProbe = new Map<string, ResidueItem[]>();
  for (const item of items) byProbe.set(item.probe, [...(byProbe.get(item.probe) ?? []), item]);
  return [...byProbe].flatMap(([probe, of]) => {
    const rest = of.slice(mostOfAProbe).filter(({ origin }) => origin !== 'pre-existing');
    const findings = of.slice(0, mostOfAProbe).map(told);
    if (rest.length === 0) return findings;
    const more: RuleFinding = {
      weight: rest.some((item) => told(item).weight === 'NO-GO') ? 'NO-GO' : 'INVALID',
      what: `${probe}: ${rest.length} more: ${some(rest.map(({ key }) => key))}`,
      where: { phase: 'rollback', path: `${probe}/…` },
      measured: rest.length,
      limit: 0,
      unit: 'count',
      remedy: 'see them all in the residue of result.json',
    };
    return [...findings, more];
  });
}

/** What is there after the cleanup and was not the cleanup's to clean; and what was so before the upgrade. */
function notCleaned(cleanup: ResidueReport['cleanup'], items: readonly ResidueItem[]): ResidueItem[] {
  const there = new Set(cleanup?.items.map(idOf));
  return items.filter(
    (item) => item.origin === 'pre-existing' || (item.origin !== 'attributed' && there.has(idOf(item))),
  );
}

function isOurs({ origin }: ResidueItem): boolean {
  return origin === 'attributed';
}

/** What was left behind, and that the cleanup does not take it away: one thing, one finding. */
function tellUncleaned(cleanup: ResidueReport['cleanup']) {
  const still = new Set(cleanup?.items.map(({ path }) => path));
  return (item: ResidueItem): RuleFinding => {
    const finding = residueFinding(item);
    const uncleaned = isOurs(item) && still.has(item.path);
    return uncleaned ? { ...finding, what: `${finding.what}; the cleanup does not clean it` } : finding;
  };
}

/** Two people may have changed one thing: what each of them did is one of its own. */
function idOf({ path, origin, change }: ResidueItem): string {
  return JSON.stringify([path, origin, change]);
}

function cleanupFindings(
  cleanup: ResidueReport['cleanup'],
  items: readonly ResidueItem[],
  { wanted, toldAlready }: { wanted: (item: ResidueItem) => boolean; toldAlready: boolean },
): RuleFinding[] {
  if (!cleanup) return [];
  const ours = new Set(items.filter(isOurs).map(({ path }) => path));
  // What somebody else may have made is not cleaned, and stands among the findings already.
  const foreign = new Set(items.filter((item) => !isOurs(item)).map(idOf));
  const of = (at: readonly ResidueItem[]) => at.filter((item) => wanted(item) && !foreign.has(idOf(item)));
  const left = of(cleanup.items);
  const leftPaths = new Set(left.map(({ path }) => path));
  const once = of(cleanup.afterFirst).filter(({ path }) => !leftPaths.has(path));
  const toldAs = (what: (path: string) => string, remedy?: string) => (item: ResidueItem) => {
    const finding = residueFinding(item);
    // As before the upgrade until the cleanup ran: nobody knows that it was the cleanup.
    if (!isOurs(item) && !ours.has(item.path))
      return { ...finding, what: `since the cleanup: ${finding.what}` };
    return { ...finding, weight: 'NO-GO' as const, what: what(item.path), ...(remedy && { remedy }) };
  };
  return [
    ...capped(
      toldAlready ? left.filter(({ path }) => !ours.has(path)) : left,
      toldAs((path) => `the cleanup does not clean ${path}`),
    ),
    ...capped(
      once,
      toldAs(
        (path) => `the cleanup cleans ${path} only when it runs twice`,
        'make the cleanup do all of it at once',
      ),
    ),
    ...failedRuns(cleanup.runs).map(failedRun),
  ];
}

/** Each command once: one that failed in the first round has shown nothing new in the second. */
function failedRuns(runs: readonly CleanupRun[]): CleanupRun[] {
  const failed = runs.filter(({ ok }) => !ok);
  const first = new Set(failed.flatMap(({ name, round }) => (round === 1 ? [name] : [])));
  return failed.filter(({ name, round }) => round === 1 || !first.has(name));
}

function failedRun({ name, round, message, command, fromUs, toUs }: CleanupRun): RuleFinding {
  return {
    weight: 'NO-GO',
    what:
      round === 1
        ? `the cleanup of ${name} failed`
        : `the cleanup of ${name} fails when it runs a second time`,
    where: { path: name, fromUs, toUs },
    why: `${command}: ${message ?? 'no message'}`,
    remedy: round === 1 ? 'mend the command' : 'make it idempotent: what is gone already is no error',
  };
}

/** Unknown is not equal. Many built-in probes fail for one reason: that is told once. */
function unreadProbes(probes: ResidueReport['probes'], cleanup: ResidueReport['cleanup']): Unjudged[] {
  const byReason = new Map<string, string[]>();
  const add = (reason: string, probe: string) =>
    byReason.set(reason, [...(byReason.get(reason) ?? []), probe]);
  for (const { probe, expect, unknown } of probes) {
    if (expect === 'ignore') continue;
    for (const { snapshot, reason } of unknown) {
      // S1 only tells whose doing something is; a finding that lacks it says so itself.
      if (snapshot === 'S1' && expect !== 'upgraded') continue;
      if (snapshot === 'S2' && cleanup) continue;
      add(`at ${snapshot}: ${reason}`, probe);
    }
  }
  for (const { probe, reason } of cleanup?.unknown ?? []) add(`at ${reason}`, probe);
  return [...byReason].map(([reason, of]) => ({
    what: `${some(of)} could not be read ${reason}`,
    remedy: 'make the probe answer (its rights, its timeout, its system) and rehearse again',
    where: { path: of[0] ?? '' },
  }));
}

/** A path that selects nothing finds nothing left behind, whatever is. */
function emptyProbes(probes: ResidueReport['probes']): RuleFinding[] {
  return probes
    .filter(
      ({ probe, expect, state, before, after }) =>
        !probe.startsWith(builtInPrefix) &&
        expect === 'restored' &&
        state === 'clean' &&
        before === 0 &&
        after === 0,
    )
    .map(({ probe }) => ({
      weight: 'note',
      what: `${probe} saw not one item, before the upgrade or after the rollback: what selects nothing finds nothing left behind`,
      where: { path: probe },
      remedy:
        'see that its select (or file, or sql) finds what is there; or start the rehearsal with something there',
    }));
}

function unstableProbes(probes: ResidueReport['probes']): Unjudged[] {
  return probes
    .filter(({ unstable, expect }) => unstable.length > 0 && expect !== 'ignore')
    .map(({ probe, unstable }) => ({
      what: `${probe} differed between two readings before any traffic: ${some(unstable)}`,
      remedy:
        'leave out what flaps by itself (ignore: [$.path]), or keep it from changing during the rehearsal',
      where: { path: probe },
    }));
}

function summaryOf({ snapshots, cleanup }: ResidueReport, probes: number, left: number): string {
  const taken = snapshots.map(({ name }) => name).join(', ');
  const found = left === 0 ? 'nothing left behind' : `${plural(left, 'thing')} left behind`;
  const cleaned = cleanup
    ? `; the cleanup ${cleanup.proven ? 'is proven: S3 = S0, twice' : 'is not proven'}`
    : '';
  return `${plural(probes, 'probe')} read at ${taken}: ${found}${cleaned}`;
}
