import type { PageData, PageNotice } from '../../model/page-data.js';
import type { ResultView } from '../../model/result.js';
import type { VerdictReport } from '../../model/verdict.js';
import { plain, plural } from '../plain-text.js';
import { endLines, subject } from '../subject.js';
import { pageBands, statementsLeftOut } from './page-bands.js';
import { pageCurves } from './page-curves.js';
import { pageFindings } from './page-findings.js';
import { healthGaugesOf, serverGaugesOf } from './page-gauges.js';
import { pageLocks } from './page-locks.js';
import { pageTraffic } from './page-traffic.js';
import {
  fingerprintSection,
  healthSection,
  planSection,
  sizesSection,
} from './sections/environment-sections.js';
import { ledgerSection } from './sections/ledger-section.js';
import { locksSection } from './sections/locks-section.js';
import { residueSection, rollbackSection } from './sections/rollback-section.js';
import { serverSection } from './sections/server-section.js';
import { stepsSection } from './sections/steps-section.js';
import { traceSection } from './sections/trace-section.js';
import { retriesSection, trafficSection } from './sections/traffic-section.js';

/** The page of a result, complete or cut short. Pure: the same view and verdict give the same page. */
export function pageDataOf(view: ResultView, verdict: VerdictReport): PageData {
  const span = spanOf(view);
  const firstSecond = Math.floor(span.fromUs / secondUs);
  const lastSecond = Math.max(firstSecond, Math.ceil(span.toUs / secondUs) - 1);
  const traffic = pageTraffic(view, { firstSecond, lastSecond });
  const { secondsPerPoint } = traffic;
  const locks = pageLocks(view, { firstSecond, lastSecond, secondsPerPoint });
  const noted = new Set(verdict.findings.filter(({ weight }) => weight === 'note').map(({ rule }) => rule));
  const isNotRehearsed = ({ rule }: { rule: string }) => rule === 'not-rehearsed';
  return {
    schema: 'dten.page/1',
    state: view.complete ? view.ended : 'incomplete',
    scenario: plain(view.manifest.scenario),
    id: plain(view.manifest.id),
    startedAt: view.manifest.startedAt,
    subject: subject(view),
    notices: notices(view),
    verdict: { verdict: verdict.verdict, because: plain(verdict.because) },
    findings: pageFindings(
      verdict.findings.filter((finding) => !isNotRehearsed(finding)),
      { view, locks },
    ),
    notRehearsed: verdict.findings
      .filter(isNotRehearsed)
      .map(({ what }) => plain(what.replace(/^not rehearsed: /, ''))),
    rules: verdict.rules.map(({ rule, state, summary }) => ({
      rule: plain(rule),
      state,
      summary: plain(summary),
      noted: state === 'pass' && noted.has(rule),
    })),
    span,
    bands: pageBands(view, span.toUs),
    traffic,
    curves: pageCurves(view),
    locks,
    server: serverGaugesOf(view.server),
    health: healthGaugesOf(view.health),
    sections: [
      trafficSection(view),
      stepsSection(view),
      traceSection(view),
      locksSection(view, verdict),
      ledgerSection(view),
      rollbackSection(verdict),
      residueSection(view),
      retriesSection(view),
      sizesSection(view),
      serverSection(view),
      healthSection(view),
      fingerprintSection(view),
      planSection(view),
    ],
  };
}

const secondUs = 1_000_000;

/** What must be known before any figure is believed; nothing of it is folded away. */
function notices(view: ResultView): PageNotice[] {
  const jumped = clockJump(view);
  const unseen = statementsLeftOut(view);
  return [
    ...endLines(view).map((text) => ({ weight: 'bad' as const, text })),
    ...view.damage.map((text) => ({ weight: 'bad' as const, text: plain(`damaged: ${text}`) })),
    ...(jumped === undefined ? [] : [{ weight: 'bad' as const, text: jumped }]),
    ...view.teardownFailures.map((text) => ({
      weight: 'bad' as const,
      text: plain(`not torn down: ${text}`),
    })),
    ...(unseen === 0
      ? []
      : [
          {
            weight: 'note' as const,
            text: `${plural(unseen, 'shorter statement')} that went well ${unseen === 1 ? 'is' : 'are'} not drawn on the timeline: events.ndjson has all of them.`,
          },
        ]),
    ...view.degraded.map(({ source, lost }) => ({
      weight: 'note' as const,
      text: plain(`not observed (${source}): ${lost}`),
    })),
  ];
}

/** The longest a page's time axis is: what lies far outside the phases is a clock that jumped, and is said. */
const slackUs = 600 * secondUs;

/** From the first phase to the last thing recorded. A result without phases (it ended before) has what was recorded. */
function spanOf({ phases, seconds, events }: ResultView): PageData['span'] {
  const fromUs = phases.reduce((first, phase) => Math.min(first, phase.fromUs), Number.POSITIVE_INFINITY);
  const toUs = phases.reduce((last, phase) => Math.max(last, phase.toUs), 0);
  if (Number.isFinite(fromUs)) {
    const after = seconds.reduce((last, { second }) => {
      const endUs = (second + 1) * secondUs;
      return endUs <= toUs + slackUs ? Math.max(last, endUs) : last;
    }, toUs);
    return { fromUs, toUs: Math.max(after, fromUs + secondUs) };
  }
  const last = events.reduce((latest, { atUs }) => Math.max(latest, atUs), secondUs);
  return { fromUs: 0, toUs: last };
}

/** Events carry a sequence number: an instant that goes back is the clock's doing. */
function clockJump({ events, seconds, phases }: ResultView): string | undefined {
  const back = events.find((event, at) => {
    const before = events[at - 1];
    return before !== undefined && event.seq > before.seq && event.atUs < before.atUs - secondUs;
  });
  const toUs = phases.reduce((last, phase) => Math.max(last, phase.toUs), 0);
  const outside = seconds.filter(({ second }) => toUs > 0 && second * secondUs > toUs + slackUs).length;
  if (!back && outside === 0) return undefined;
  const what = [
    ...(back ? ['an event is stamped before the one that it followed'] : []),
    ...(outside > 0
      ? [
          `${plural(outside, 'second')} of traffic ${outside === 1 ? 'lies' : 'lie'} far behind the last phase and ${outside === 1 ? 'is' : 'are'} not drawn`,
        ]
      : []),
  ];
  return `The clock jumped: ${what.join('; ')}. Instants on this page may be wrong.`;
}
