import type { Problem } from '../document.js';
import type { CheckInput } from './check.js';

const percentiles = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const;

/** Objectives that limit nothing, waivers whose date is none, and waivers of everything that is left behind. */
export function checkObjectives({ scenario }: CheckInput): Problem[] {
  const problems: Problem[] = [];
  for (const [index, objective] of scenario.objectives.latency.entries()) {
    if (percentiles.some((key) => objective[key] !== undefined)) continue;
    problems.push({
      path: ['objectives', 'latency', index],
      message: 'limits nothing',
      hint: `give it at least one of ${percentiles.join(', ')}, for example p99: 250ms`,
    });
  }
  for (const [index, { mode, blocks }] of (scenario.objectives.locks?.forbid ?? []).entries()) {
    if ((mode === undefined) !== (blocks === undefined)) continue;
    problems.push({
      path: ['objectives', 'locks', 'forbid', index],
      message: mode === undefined ? 'forbids nothing' : 'has both mode and blocks',
      hint: 'say which locks: mode: AccessExclusiveLock, or blocks: writes, or mode: "*"',
    });
  }
  for (const [index, { until }] of scenario.waivers.entries()) {
    if (until === undefined || isDate(until)) continue;
    problems.push({
      path: ['waivers', index, 'until'],
      message: `${JSON.stringify(until)} is not a date`,
      hint: 'write it as 2026-12-31',
    });
  }
  for (const [index, { finding, path }] of scenario.waivers.entries()) {
    if (finding !== 'residue' || path !== undefined) continue;
    problems.push({
      path: ['waivers', index, 'finding'],
      message: 'waives whatever is left behind, seen or not',
      hint: 'name what may stay: path: webhooks/42, or path: catalog.columnOrder/*',
    });
  }
  return problems;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const parsed = new Date(`${text}T00:00:00Z`);
  // 2026-02-30 parses as March 2.
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text);
}
