import type { ResultView } from '../model/result.js';
import type { Finding, VerdictReport } from '../model/verdict.js';
import { findingDetail } from './finding-detail.js';
import { fingerprints } from './finding-fingerprint.js';
import { hazardText, hintTexts, twinLines } from './finding-hazard.js';
import { worstFirst } from './finding-order.js';
import { findingPlace, type FindingPlace } from './finding-place.js';
import { waivedText } from './finding-text.js';
import { plain, plainLines } from './plain-text.js';
import { uriOf, type SourcePath } from './source-path.js';

export interface SarifOptions {
  /** The rules as the verdict knows them. */
  rules: readonly { id: string; title: string; doc: string }[];
  /** Of the dten that judged. */
  version: string;
  sourcePath: SourcePath;
}

const levels = { 'NO-GO': 'error', INVALID: 'warning', note: 'note' } as const;
const root = '%SRCROOT%';

/**
 * SARIF 2.1.0 (OASIS, 27 March 2020): a result a finding, on its statement's lines, as code scanning reads it. A
 * rule of SARIF is a rule of dten together with the hazard the statement is (`forbidden-lock/hazard-14`). Waived
 * findings are there, suppressed.
 */
export function renderSarif(view: ResultView, report: VerdictReport, options: SarifOptions): string {
  const findings = worstFirst(report.findings);
  const ids = fingerprints({ scenario: view.manifest.scenario, way: view.plan.rollbackWay }, findings);
  const ruleIds = [...new Set(findings.map(ruleIdOf))];
  const way = view.plan.rollbackWay === 'snapshot' ? '/snapshot' : '';
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'dten',
            semanticVersion: options.version,
            rules: ruleIds.map((id) => descriptorOf(id, findings, options)),
          },
        },
        // Uploads of several scenarios stand beside each other.
        automationDetails: { id: `dten/${plain(view.manifest.scenario)}${way}/` },
        invocations: [
          {
            executionSuccessful: view.ended === 'complete',
            startTimeUtc: view.manifest.startedAt,
            ...(view.endReason !== undefined && { exitCodeDescription: plain(view.endReason) }),
          },
        ],
        originalUriBaseIds: { [root]: { description: { text: 'the root of the repository' } } },
        columnKind: 'unicodeCodePoints',
        results: findings.map((finding, at) => ({
          ruleId: ruleIdOf(finding),
          ruleIndex: ruleIds.indexOf(ruleIdOf(finding)),
          level: levels[finding.weight],
          message: { text: messageOf(finding) },
          locations: [locationOf(findingPlace(view.plan, finding), finding, options.sourcePath)],
          partialFingerprints: {
            'dtenFinding/v1': ids[at] ?? '',
            // What GitHub matches alerts by; left to it, findings of one rule on one line would be one alert.
            primaryLocationLineHash: `${ids[at] ?? ''}:1`,
          },
          ...(finding.waived && {
            suppressions: [
              { kind: 'external', status: 'accepted', justification: waivedText(finding) ?? 'waived' },
            ],
          }),
          properties: measuresOf(finding),
        })),
        properties: { verdict: report.verdict, because: plain(report.because), result: view.manifest.id },
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleIdOf({ rule, hazard }: Finding): string {
  return hazard ? `${rule}/hazard-${hazard.number}` : rule;
}

function descriptorOf(id: string, findings: readonly Finding[], { rules }: SarifOptions) {
  const of = findings.filter((finding) => ruleIdOf(finding) === id);
  const [first] = of;
  const known = rules.find((rule) => rule.id === first?.rule);
  const title = known?.title ?? first?.rule ?? id;
  const hazard = first?.hazard;
  const about = hazard ? `${title}: ${plain(hazard.name)}` : title;
  const doc = known?.doc ?? 'A finding of dten.';
  const remedies = [...new Set(of.map(({ remedy }) => plain(remedy)))];
  const help = [
    doc,
    ...(hazard ? [`Hazard ${hazard.number}: ${plain(hazard.name)}.`] : []),
    ...remedies.map((remedy) => `Try: ${remedy}`),
  ];
  const worst = worstFirst(of)[0];
  return {
    id,
    name: id.replaceAll(/[^A-Za-z0-9]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? ''),
    shortDescription: { text: about },
    fullDescription: { text: doc },
    help: { text: help.join('\n') },
    defaultConfiguration: { level: worst ? levels[worst.weight] : 'warning' },
  };
}

function messageOf(finding: Finding): string {
  const hazard = hazardText(finding);
  return [
    ...plainLines(findingDetail(finding)),
    ...(hazard === undefined ? [] : [`hazard: ${hazard}`]),
    ...hintTexts(finding).map((hint) => `squawk: ${hint}`),
    ...(finding.twin === undefined ? [] : ['instead:', ...twinLines(finding)]),
  ].join('\n');
}

function locationOf(place: FindingPlace, { where }: Finding, sourcePath: SourcePath) {
  const path = sourcePath(place.file);
  const { line, column, endLine, endColumn, text } = place;
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(path), ...(!path.startsWith('/') && { uriBaseId: root }) },
      region: {
        startLine: line,
        ...(column !== undefined && { startColumn: column }),
        ...(endLine !== undefined && { endLine }),
        ...(endColumn !== undefined && { endColumn }),
        ...(text !== undefined && { snippet: { text } }),
      },
    },
    ...(where.step !== undefined && { logicalLocations: [{ fullyQualifiedName: plain(where.step) }] }),
  };
}

function measuresOf({ weight, measured, limit, unit, extrapolated }: Finding) {
  return {
    weight,
    ...(measured !== undefined && { measured }),
    ...(limit !== undefined && { limit }),
    ...(unit !== undefined && { unit }),
    ...(extrapolated !== undefined && { extrapolated }),
  };
}
