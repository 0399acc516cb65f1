import { formatMs } from '../../foundation/units.js';
import type { PlannedStep, RunPlan, Side } from '../../model/plan.js';

const maxStatements = 8;

export function describeSteps(side: Side, steps: readonly PlannedStep[], plan: RunPlan): string[] {
  if (steps.length === 0) return [side, '  no steps: not rehearsed'];
  return [
    side,
    ...steps.flatMap((step, index) => {
      const retries =
        step.retries === 0 ? 'no retries' : `${step.retries} retries from ${formatMs(step.retryDelay)} apart`;
      return [
        `  ${index + 1}. ${step.name}: ${summary(step)}`,
        `     timeout ${formatMs(step.timeout)}, ${retries}`,
        ...details(step, plan).map((line) => `     ${line}`),
      ];
    }),
  ];
}

function summary(step: PlannedStep): string {
  if ('sql' in step) {
    const count = step.source?.statements.length ?? 0;
    const file = step.source?.file === undefined ? 'inline SQL' : step.sql.trim();
    return `sql, ${count} ${count === 1 ? 'statement' : 'statements'} of ${file}${step.section === undefined ? '' : ` (${step.section})`}${asRole(step.role)}`;
  }
  if ('command' in step) return `command ${step.command.join(' ')}${asRole(step.role)}`;
  if ('service' in step) return `service ${Object.keys(step.service).join(', ')}`;
  if ('http' in step) return `http ${step.http.method} ${step.http.url}`;
  if ('wait' in step) return `wait ${formatMs(step.wait)}`;
  if ('restore' in step) return restore(step);
  return `check ${step.check.sql} = ${JSON.stringify(step.check.equals)}${asRole(step.check.role)}`;
}

function restore({ replaces }: Extract<PlannedStep, { restore: unknown }>): string {
  const instead = replaces.length > 0 ? `, instead of ${replaces.join(', ')}` : '';
  return `stop Postgres, put the data directory back as it was before the traffic, start it${instead}`;
}

function asRole(role: string | undefined): string {
  return role === undefined ? '' : ` as ${role}`;
}

function details(step: PlannedStep, plan: RunPlan): string[] {
  const lines: string[] = [];
  if ('sql' in step) lines.push(...sqlDetails(step));
  if ('command' in step && step.trace) lines.push('runs on the traced clone too');
  if ('service' in step) {
    const { strategy, drain, overlap } = step.roll;
    lines.push(`${strategy}, drain ${formatMs(drain)}, overlap ${formatMs(overlap)}`);
    for (const [name, change] of Object.entries(step.service)) {
      const env = Object.entries(change.env ?? {}).map(([key, value]) => `${key}=${value}`);
      const parts = [
        ...(change.command ? [change.command.join(' ')] : []),
        ...(change.image === undefined ? [] : [change.image]),
        ...env,
      ];
      lines.push(`${name}: ${parts.join(' ')}`);
    }
  }
  for (const { job, stepId } of plan.collisions) if (stepId === step.id) lines.push(`meets ${job}`);
  return lines;
}

function sqlDetails(step: Extract<PlannedStep, { sql: unknown }>): string[] {
  const boundary =
    step.source?.transaction === 'file'
      ? 'one transaction around the file'
      : 'each statement, or the file’s own BEGIN and COMMIT';
  const lines = [
    `transactions: ${boundary}; lock_timeout ${step.lockTimeout === undefined ? 'as the role has it' : formatMs(step.lockTimeout)}, statement_timeout ${step.statementTimeout === undefined ? 'as the role has it' : formatMs(step.statementTimeout)}`,
  ];
  if (step.repeat) {
    lines.push(
      `again until it touches ${step.repeat.untilRows} rows or fewer, ${formatMs(step.repeat.pause)} apart, at most ${step.repeat.max} times`,
    );
  }
  const statements = step.source?.statements ?? [];
  for (const { line, text } of statements.slice(0, maxStatements)) {
    const oneLine = text.replace(/\s+/g, ' ');
    lines.push(`line ${line}: ${oneLine.length > 90 ? `${oneLine.slice(0, 89)}…` : oneLine}`);
  }
  if (statements.length > maxStatements) lines.push(`and ${statements.length - maxStatements} more`);
  return lines;
}
