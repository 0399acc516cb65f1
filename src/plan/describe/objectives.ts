import { formatCount, formatMs, formatRatio } from '../../foundation/units.js';
import { forbiddenText } from '../../model/lock-policy.js';
import type { Objectives } from '../../model/scenario.js';

export function describeObjectives(objectives: Objectives): string[] {
  const { latency, errors, dropped, throughput, locks, ledger, steps, residue, window } = objectives;
  const lines: string[] = [];
  for (const { endpoint, over, ...limits } of latency) {
    const parts = Object.entries(limits).flatMap(([key, ms]) =>
      ms === undefined ? [] : [`${key} ≤ ${formatMs(ms)}`],
    );
    lines.push(`  latency    ${endpoint}: ${parts.join(', ')}, in the worst ${formatMs(over)}`);
  }
  for (const { endpoint, ratio, over } of errors) {
    lines.push(`  errors     ${endpoint}: at most ${formatRatio(ratio)}, in the worst ${formatMs(over)}`);
  }
  if (dropped)
    lines.push(`  dropped    at most ${formatRatio(dropped.ratio)}, in the worst ${formatMs(dropped.over)}`);
  if (throughput)
    lines.push(`  throughput at least ${formatRatio(throughput.achieved)} of what was asked for`);
  if (locks?.longestWait !== undefined)
    lines.push(`  locks      no traffic waits longer than ${formatMs(locks.longestWait)} behind a step`);
  if (locks?.maxBlocked !== undefined)
    lines.push(
      typeof locks.maxBlocked === 'number'
        ? `  locks      at most ${locks.maxBlocked} sessions blocked behind a step`
        : `  locks      at most ${formatRatio(locks.maxBlocked.ofPool)} of a service's pool blocked behind a step`,
    );
  for (const { table, traffic, heldLongerThan, ...forbidden } of locks?.forbid ?? []) {
    const named = table === '*' ? undefined : table;
    const where = named ?? (traffic ? 'a table that traffic touches' : 'any table');
    lines.push(
      `  locks      no ${forbiddenText(forbidden)} on ${where} for longer than ${formatMs(heldLongerThan)}`,
    );
  }
  if (ledger)
    lines.push(
      `  ledger     at most ${formatCount(ledger.lost)} lost and ${formatCount(ledger.changed)} changed`,
    );
  for (const [step, ms] of Object.entries(steps)) lines.push(`  steps      ${step}: at most ${formatMs(ms)}`);
  if (residue !== undefined) {
    const after = residue === 'none' ? 'rollback' : residue.after;
    const classes = residue === 'none' || !residue.classes ? '' : ` of ${residue.classes.join(', ')}`;
    lines.push(`  residue    nothing${classes} left behind after the ${after}`);
  }
  if (window?.downtime !== undefined)
    lines.push(`  window     at most ${formatMs(window.downtime)} of downtime`);
  if (window?.total !== undefined) lines.push(`  window     upgrade within ${formatMs(window.total)}`);
  return ['objectives', ...(lines.length > 0 ? lines : ['  none'])];
}
