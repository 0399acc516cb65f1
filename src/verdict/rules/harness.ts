import { formatCount } from '../../foundation/units.js';
import type { RuleFinding } from '../finding-parts.js';
import { generatorFaults } from '../generator.js';
import type { JudgedView } from '../judged-view.js';
import { failedOf } from '../seconds.js';
import type { Rule } from '../rule.js';
import { plural, some } from '../wording.js';

/** Truth 5: when the harness could not do its own work, nobody can say GO. INVALID, and no waiver helps. */
export const harness: Rule = {
  id: 'harness',
  title: 'Harness',
  doc: 'The run is incomplete, its files are damaged, requests do not add up, the load was not offered as planned, or an observer that was needed lost data: INVALID, and no waiver helps.',
  judge(view) {
    const generator = generatorFaults(view);
    const findings = [
      ...endFindings(view),
      ...fileFindings(view),
      ...conservationFindings(view),
      ...generator.findings,
      ...degradedFindings(view),
      ...teardownNotes(view),
    ];
    return { findings, summary: generator.summary };
  },
};

function invalid(what: string, remedy: string, where: RuleFinding['where'] = {}): RuleFinding {
  return { weight: 'INVALID', what, where, remedy };
}

function endFindings({ result }: JudgedView): RuleFinding[] {
  const reason = result.endReason === undefined ? '' : `: ${result.endReason}`;
  if (!result.complete) {
    return [invalid('the run was cut short: result.json was never written', 'rehearse again, to the end')];
  }
  if (result.ended === 'interrupted') {
    return [invalid(`the run was interrupted${reason}`, 'rehearse again, to the end')];
  }
  if (result.ended === 'broken') {
    return [invalid(`the harness broke${reason}`, 'mend what the reason names, and rehearse again')];
  }
  const unreached = (['upgrade', 'recovery'] as const).filter(
    (phase) => !result.phases.some((span) => span.phase === phase),
  );
  const missed = unreached.filter((phase) => phase === 'upgrade' || result.plan.phaseMs.recovery > 0);
  return missed.map((phase) => invalid(`the phase ${phase} was never reached`, 'rehearse again, to the end'));
}

function fileFindings({ result: { damage } }: JudgedView): RuleFinding[] {
  if (damage.length === 0) return [];
  return [
    invalid(
      `${plural(damage.length, 'line')} of the result could not be read: ${some(damage, 2)}`,
      'what is lost may be what matters: rehearse again, with room on the disk',
    ),
  ];
}

function conservationFindings(view: JudgedView): RuleFinding[] {
  const tallies = view.cells.flat().flatMap(({ tally }) => tally ?? []);
  const wrong = tallies.filter(
    (tally) => tally.intended !== tally.ok + failedOf(tally) + tally.dropped + tally.aborted,
  );
  if (wrong.length === 0) return [];
  const intended = wrong.reduce((sum, tally) => sum + tally.intended, 0);
  const ended = wrong.reduce((sum, t) => sum + t.ok + failedOf(t) + t.dropped + t.aborted, 0);
  return [
    invalid(
      `requests do not add up in ${plural(wrong.length, 'second')}: ${formatCount(intended)} intended, ${formatCount(ended)} ended`,
      view.result.ended === 'complete'
        ? 'a worker lost requests: please report it, with the result folder'
        : 'the run did not last until every request had ended',
    ),
  ];
}

/** What the traffic, the result or the trace lost makes the run INVALID: rules stand on it. Else it is a note. */
function degradedFindings({ result }: JudgedView): RuleFinding[] {
  const told = new Set<string>();
  return result.degraded.flatMap(({ source, lost }): RuleFinding[] => {
    const text = `${source}: ${lost}`;
    if (told.has(text)) return [];
    told.add(text);
    // Gaps, floor and a missing log are judged by the lock rules, on the coverage that the observer reports.
    const isLocks = /\b(lock|locks|sampler|log)\b/i.test(source);
    const needed = /\b(traffic|worker|recorder|results?)\b/i.test(source) || /\btrace\b/i.test(source);
    const weight = needed && !isLocks ? 'INVALID' : 'note';
    return [{ weight, what: text, where: {}, remedy: 'see the events around it' }];
  });
}

function teardownNotes({ result: { teardownFailures } }: JudgedView): RuleFinding[] {
  return teardownFailures.map((failure) => ({
    weight: 'note',
    what: `left behind: ${failure}`,
    where: {},
    remedy: 'the next run looks for it and removes it',
  }));
}
