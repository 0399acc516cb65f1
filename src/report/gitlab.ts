import type { ResultView } from '../model/result.js';
import type { Finding, VerdictReport } from '../model/verdict.js';
import { fingerprints } from './finding-fingerprint.js';
import { worstFirst } from './finding-order.js';
import { findingPlace } from './finding-place.js';
import { waivedText } from './finding-text.js';
import { plain } from './plain-text.js';
import type { SourcePath } from './source-path.js';

const severities = { 'NO-GO': 'blocker', INVALID: 'major', note: 'info' } as const;

/**
 * GitLab's code-quality report (docs.gitlab.com, "Code Quality report format"): one entry a finding. GitLab has no
 * suppressions: what is waived is there as `info`, and says so.
 */
export function renderGitlab(view: ResultView, report: VerdictReport, sourcePath: SourcePath): string {
  const findings = worstFirst(report.findings);
  const ids = fingerprints({ scenario: view.manifest.scenario, way: view.plan.rollbackWay }, findings);
  const scenario = plain(view.manifest.scenario);
  const entries = findings.map((finding, at) => {
    const place = findingPlace(view.plan, finding);
    return {
      description: descriptionOf(finding, scenario),
      check_name: finding.hazard
        ? `dten/${finding.rule}/hazard-${finding.hazard.number}`
        : `dten/${finding.rule}`,
      fingerprint: ids[at] ?? '',
      severity: finding.waived ? 'info' : severities[finding.weight],
      location: { path: sourcePath(place.file), lines: { begin: place.line } },
    };
  });
  return `${JSON.stringify(entries, null, 2)}\n`;
}

function descriptionOf(finding: Finding, scenario: string): string {
  const waived = waivedText(finding);
  const text = `${finding.weight} in ${scenario}: ${plain(finding.what)} – try: ${plain(finding.remedy)}`;
  return waived === undefined ? text : `${waived} – ${text}`;
}
