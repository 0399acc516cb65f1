import type { Finding } from '../model/verdict.js';

const severity = { 'NO-GO': 0, INVALID: 1, note: 2 } as const;

/** Worst first: by what it does to the verdict (waived ones after those that stand), then by how far over the limit. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  const rank = (finding: Finding) => (finding.waived ? 1.5 : severity[finding.weight]);
  return findings
    .map((finding, at) => ({ finding, at }))
    .sort((a, b) => rank(a.finding) - rank(b.finding) || excess(b.finding) - excess(a.finding) || a.at - b.at)
    .map(({ finding }) => finding);
}

/** Measured ÷ limit; a limit of 0 that is broken is the worst there is. */
function excess({ measured, limit }: Finding): number {
  if (measured === undefined || limit === undefined) return 0;
  if (limit === 0) return measured > 0 ? Number.MAX_VALUE : 0;
  return Math.min(measured / limit, Number.MAX_VALUE);
}
