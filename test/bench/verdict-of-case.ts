import type { Finding, Verdict, VerdictReport } from '../../src/model/verdict.js';
import { schemaOf, type Group } from './verdict-scenario.js';

export interface CaseVerdict {
  name: string;
  verdict: Verdict;
  /** What decided it. */
  because: string[];
}

/**
 * What the verdict would be with this case alone: as dten orders verdicts, over the findings about its endpoints,
 * tables and steps. Findings about nobody in particular are every twin's, and INVALID for all.
 */
export function verdictsOf(group: Group, report: Pick<VerdictReport, 'findings'>): CaseVerdict[] {
  const standing = report.findings.filter(({ weight, waived }) => weight !== 'note' && !waived);
  const owned = standing.map((finding) => ({ finding, owner: ownerOf(group, finding) }));
  return group.cases.map(({ name }) => {
    const mine = owned.filter(({ owner }) => owner === name).map(({ finding }) => finding);
    const nobodys = owned.filter(({ owner }) => owner === undefined).map(({ finding }) => finding);
    // An unsafe case must not pass for caught by what may be another's.
    const against = group.side === 'safe' ? [...mine, ...nobodys] : mine;
    const noGo = against.filter(({ weight }) => weight === 'NO-GO');
    const invalid = [...mine, ...nobodys].filter(({ weight }) => weight === 'INVALID');
    const [verdict, decisive]: [Verdict, Finding[]] =
      noGo.length > 0 ? ['NO-GO', noGo] : invalid.length > 0 ? ['INVALID', invalid] : ['GO', []];
    return { name, verdict, because: decisive.map(({ rule, what }) => `${rule}: ${what}`) };
  });
}

/**
 * Whose a finding is. An endpoint has its own connections and meets its own case's tables alone, and a table has its
 * own case's steps alone: they tell it more surely than the step that was under way.
 */
function ownerOf({ cases }: Group, { where }: Finding): string | undefined {
  const { endpoint, table, step } = where;
  const byEndpoint = cases.find(({ name }) => endpoint?.startsWith(`${name}: `));
  if (byEndpoint) return byEndpoint.name;
  const byTable = cases.find((_, at) => table?.startsWith(`${schemaOf(at)}.`));
  if (byTable) return byTable.name;
  const of = step?.replace(/^(upgrade|rollback)\./, '');
  return cases.find(({ name }) => of === name || of?.startsWith(`${name}, part `))?.name;
}
