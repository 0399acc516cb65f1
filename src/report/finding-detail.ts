import type { Finding } from '../model/verdict.js';
import { measureText, statementText, waivedText, whereText } from './finding-text.js';

/** A finding as lines of plain text, each under its label: what, where, measured, statement, why, try, note. */
export function findingDetail(finding: Finding): string {
  const lines = [
    `${finding.weight}: ${finding.what}`,
    ...labelled('where', whereText(finding)),
    ...labelled('measured', measureText(finding)),
    ...labelled('statement', statementText(finding)),
    ...labelled('why', finding.why),
    ...labelled('try', finding.remedy),
    ...labelled('note', waivedText(finding)),
  ];
  return lines.join('\n');
}

function labelled(label: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`${label}: ${text}`];
}
