import type { PageEvidence, PageFinding, PageFindingGroup } from '../../model/page-data.js';
import type { PageLocks, PageWait } from '../../model/page-locks.js';
import type { ResultView } from '../../model/result.js';
import type { Finding } from '../../model/verdict.js';
import { findingGroups } from '../finding-groups.js';
import { hazardText, hintTexts, twinLines } from '../finding-hazard.js';
import { measureText, statementText, waivedText, whereText } from '../finding-text.js';
import { oneLine, plain, plainLines, stepName, tableName } from '../plain-text.js';
import { statementAnchor } from './sections/trace-section.js';

/** What evidence is looked for in. */
export interface EvidenceSource {
  view: Pick<ResultView, 'endpoints' | 'steps' | 'trace'>;
  locks: PageLocks | null;
}

/** The findings as they are told, grouped as in the terminal, each with where on the page it is proven. */
export function pageFindings(findings: readonly Finding[], source: EvidenceSource): PageFindingGroup[] {
  let n = 0;
  return findingGroups(findings).map(({ step, statement, findings: together }) => ({
    ...(step !== undefined && { step: plain(stepName(step)) }),
    ...(statement !== undefined && { statement: oneLine(statement) }),
    findings: together.map((finding) => pageFinding(finding, `finding-${++n}`, source)),
  }));
}

function pageFinding(finding: Finding, id: string, source: EvidenceSource): PageFinding {
  const optional = {
    waived: waivedText(finding),
    where: whereText(finding),
    howBad: measureText(finding),
    statement: statementText(finding),
    hazard: hazardText(finding),
    twin: finding.twin === undefined ? undefined : twinLines(finding).join('\n'),
  };
  const told = Object.entries(optional).filter(([, text]) => text !== undefined);
  return {
    id,
    rule: plain(finding.rule),
    weight: finding.weight,
    what: plain(finding.what),
    ...(Object.fromEntries(told) as Partial<PageFinding>),
    why: finding.why === undefined ? [] : plainLines(finding.why),
    parts: (finding.excess?.parts ?? []).map((part) => ({ ...part, text: plain(part.text) })),
    remedy: plain(finding.remedy),
    hints: hintTexts(finding),
    evidence: evidenceOf(finding, source),
  };
}

const sectionOfRule: Record<string, string> = {
  ledger: 'ledger',
  'snapshot-loss': 'ledger',
  invariant: 'ledger',
  residue: 'residue',
  harness: 'health',
  'not-rehearsed': 'sizes',
  extrapolation: 'sizes',
  'toy-size': 'sizes',
  'rollback-not-exercised': 'rollback',
  'point-of-no-return': 'rollback',
  'second-upgrade': 'rollback',
};

/** The judged window, or the step's; the longest wait of that window and table; the statement's row. */
function evidenceOf(finding: Finding, { view, locks }: EvidenceSource): PageEvidence {
  const { where } = finding;
  const ofStep = view.steps.find(({ step, attempts }) => step === where.step && attempts.length > 0);
  const fromUs = where.fromUs ?? ofStep?.fromUs;
  const toUs = where.toUs ?? ofStep?.toUs;
  const endpoint = where.endpoint === undefined ? -1 : view.endpoints.indexOf(where.endpoint);
  const wait = fromUs === undefined || toUs === undefined ? -1 : longestWait(finding, locks, fromUs, toUs);
  const traced = view.trace.statements.find(
    ({ step, statement }) =>
      step === where.step && where.statement !== undefined && oneLine(statement) === oneLine(where.statement),
  );
  const anchor = traced ? statementAnchor(traced) : sectionOfRule[finding.rule];
  return {
    ...(fromUs !== undefined && toUs !== undefined && { fromUs, toUs }),
    ...(endpoint >= 0 && { endpoint }),
    ...(wait >= 0 && { wait }),
    ...(anchor !== undefined && { anchor }),
  };
}

/** Index of the wait that says most about a finding that blames a step; -1: there is none. */
function longestWait({ where }: Finding, locks: PageLocks | null, fromUs: number, toUs: number): number {
  if (!locks || where.step === undefined) return -1;
  let best = -1;
  for (const [at, wait] of locks.waits.entries()) {
    if (wait.fromUs >= toUs || wait.toUs <= fromUs || wait.whose === 'other') continue;
    // A wait for a row names a transaction, not the table: then who was in front must be this step.
    const elsewhere = where.table !== undefined && tableName(where.table) !== wait.target;
    if (elsewhere && closeness(wait, where.step, locks) < 2) continue;
    const than = locks.waits[best];
    if (!than || isWorse(wait, than, (one) => closeness(one, where.step ?? '', locks))) best = at;
  }
  return best;
}

/** Behind this very step says most, then the step's own wait, then behind any step. */
function closeness({ ahead, waiter, whose }: PageWait, step: string, { parties }: PageLocks): number {
  if (ahead.some((party) => parties[party]?.who === step)) return 3;
  if (parties[waiter]?.who === step) return 2;
  return whose === 'behind a step' ? 1 : 0;
}

function isWorse(wait: PageWait, than: PageWait, close: (wait: PageWait) => number): boolean {
  return close(wait) > close(than) || (close(wait) === close(than) && wait.durationMs > than.durationMs);
}
