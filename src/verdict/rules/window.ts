import { formatMs } from '../../foundation/units.js';
import { downSeconds, slowLimitMs, type DownSeconds } from '../down-seconds.js';
import { judgedDown } from '../downtime.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import { gapUs } from '../gaps.js';
import type { JudgedView } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { usPerSecond } from '../seconds.js';
import { whyIn } from '../why.js';
import { plural } from '../wording.js';

/** Downtime in seconds, and how long the upgrade takes, against the maintenance window. NO-GO. */
export const window: Rule = {
  id: 'window',
  title: 'Maintenance window',
  doc: 'Seconds from the upgrade to the end of recovery in which more than 5% of some endpoint’s requests failed or were over its limit, in all, exceed window.downtime (INVALID where the baseline was down as often); or the upgrade phase exceeds window.total: NO-GO.',
  judge(view) {
    const objective = view.result.plan.scenario.objectives.window;
    if (!objective || (objective.downtime === undefined && objective.total === undefined)) return notAsked;
    const upgrade = view.phase('upgrade');
    const down = judgedDown(view);
    if (!upgrade || !down) {
      return { noData: 'no upgrade was run', remedy: 'see why the run ended before its upgrade' };
    }
    const findings: RuleFinding[] = [];
    const unjudged: Unjudged[] = [];
    const lines: string[] = [];
    if (objective.downtime !== undefined) {
      const before = baselineDown(view);
      lines.push(`${describe(down)}, ${formatMs(objective.downtime)} allowed${baselineText(view, before)}`);
      judgeDowntime(view, { down, before }, objective.downtime, findings, unjudged);
    }
    if (objective.total !== undefined) {
      const ms = upgradeMs(view, upgrade);
      const text = `the upgrade took ${formatMs(ms)}, ${formatMs(objective.total)} allowed`;
      lines.push(text);
      if (ms > objective.total) {
        findings.push({
          weight: 'NO-GO',
          what: text,
          where: { phase: 'upgrade', fromUs: upgrade.fromUs, toUs: upgrade.toUs },
          measured: ms,
          limit: objective.total,
          unit: 'ms',
          why: longestStep(view),
          remedy: 'shorten the longest step, or do it before the window opens',
        });
      }
    }
    return { findings, unjudged, summary: lines.join('; ') };
  },
};

const unmetRemedy =
  'the system is down at this load without any upgrade: lower the rate, give it more room, or correct the objective';
/** From the phase's begin to its end, or to the step that failed: the load goes on a while before an audit. */
function upgradeMs(view: JudgedView, upgrade: { fromUs: number; toUs: number }): number {
  const failed = view.result.steps.find(({ side, outcome }) => side === 'upgrade' && outcome === 'failed');
  const toUs = failed?.toUs ?? upgrade.toUs;
  return (toUs - upgrade.fromUs - gapUs(view.result.gaps, { fromUs: upgrade.fromUs, toUs })) / 1000;
}

function judgeDowntime(
  view: JudgedView,
  { down, before }: { down: DownSeconds; before: DownSeconds | undefined },
  limitMs: number,
  findings: RuleFinding[],
  unjudged: Unjudged[],
): void {
  const what = `${describe(down)}, ${formatMs(limitMs)} allowed`;
  const remedy = 'see the latency and error findings of these seconds';
  if (down.down * 1000 <= limitMs) {
    if ((down.down + down.unknown + down.suspect) * 1000 > limitMs) {
      const rare =
        down.suspect > 0
          ? ` (${down.suspect} more beside a down one: an endpoint had no request, or the load was paused for an audit)`
          : '';
      unjudged.push({
        what: `${what}: too many seconds without a request to tell${rare}`,
        remedy: 'raise the rate: a second without requests is unknown, not up',
      });
    }
    return;
  }
  const fromUs = (down.first ?? 0) * usPerSecond;
  const toUs = ((down.last ?? 0) + 1) * usPerSecond;
  const survives = down.downFromDue * 1000 > limitMs;
  // What went on as before the upgrade is not the upgrade's: only seconds beyond the baseline's share are.
  const usual = before && before.seconds > 0 ? (before.down / before.seconds) * down.seconds : 0;
  const blamed = (down.downFromDue - usual) * 1000 > limitMs;
  const late = `; measured from when the pacer fired it is ${plural(down.downFromDue, 'second')}: the harness was late`;
  const unmet = `; not blamed on the upgrade: in the baseline ${before?.down ?? 0} of ${before?.seconds ?? 0} seconds were down`;
  findings.push({
    weight: survives && blamed ? 'NO-GO' : 'INVALID',
    what: `${what}${survives ? '' : late}${survives && !blamed ? unmet : ''}`,
    where: { fromUs, toUs },
    measured: down.down * 1000,
    limit: limitMs,
    unit: 'ms',
    why: whyIn(view, { fromUs, toUs }, 100),
    remedy: survives
      ? blamed
        ? remedy
        : unmetRemedy
      : 'offer fewer requests a second, use more workers, or a larger machine',
  });
}

function describe(down: DownSeconds): string {
  const each = down.byEndpoint
    .filter((endpoint) => endpoint.down > 0)
    .map((endpoint) => `${endpoint.endpoint} ${endpoint.down}`);
  const unknown = down.unknown > 0 ? `, ${down.unknown} without requests` : '';
  return `${plural(down.down, 'second')} down of ${down.seconds}${each.length > 0 ? ` (${each.join(', ')})` : ''}${unknown}`;
}

function baselineDown(view: JudgedView): DownSeconds | undefined {
  const span = view.phase('baseline');
  return span && downSeconds(view, span.fromUs, span.toUs, ({ phase }) => phase === 'baseline');
}

function baselineText(view: JudgedView, before: DownSeconds | undefined): string {
  const onlyFailures = view.result.endpoints.every((_, at) => slowLimitMs(view, at) === undefined);
  const rule = onlyFailures ? ' (no latency limit on p95 or above: failures only)' : '';
  return before ? `${rule}; in the baseline ${before.down} of ${before.seconds}` : rule;
}

function longestStep(view: JudgedView): string {
  const steps = view.result.steps.filter(({ side, outcome }) => side === 'upgrade' && outcome !== 'skipped');
  const longest = steps.toSorted((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs))[0];
  return longest
    ? `the longest step, ${longest.step}, took ${formatMs((longest.toUs - longest.fromUs) / 1000)}`
    : 'no step ran';
}
