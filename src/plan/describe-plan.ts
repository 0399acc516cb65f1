import { formatBytes, formatCount, formatMs } from '../foundation/units.js';
import type { RunPlan } from '../model/plan.js';
import { describeObjectives } from './describe/objectives.js';
import { describeState } from './describe/state.js';
import { describeRollback } from './describe/rollback.js';
import { describeSteps } from './describe/steps.js';
import { describeTraffic } from './describe/traffic.js';
import { estimateMs } from './estimate.js';

/** The whole plan with every default, for a terminal: what `--dry-run` prints. No colours, no clock. */
export function describePlan(plan: RunPlan): string {
  const sections = [
    heading(plan),
    environment(plan),
    describeTraffic(plan),
    background(plan),
    timeline(plan),
    describeSteps('upgrade', plan.upgrade, plan),
    [...describeSteps('rollback', plan.rollback, plan), ...describeRollback(plan)],
    describeState(plan),
    describeObjectives(plan.scenario.objectives),
    waivers(plan),
    warnings(plan),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function heading(plan: RunPlan): string[] {
  const { description } = plan.scenario;
  const estimate = estimateMs(plan);
  return [
    `${plan.name}${description === undefined ? '' : `: ${description}`}`,
    `  scenario   ${plan.scenarioFile} (sha256 ${plan.scenarioSha256.slice(0, 12)})`,
    `  seed       ${plan.seed}`,
    `  duration   about ${formatMs(estimate.totalMs)}: ${formatMs(plan.fixedMs)} of phases, ${formatMs(estimate.stepsMs)} of waits and rolls, about ${formatMs(estimate.setUpMs)} to set up and take down; SQL and commands add their own time`,
  ];
}

function environment({ scenario }: RunPlan): string[] {
  const { database, data, cache, services } = scenario.environment;
  const lines = ['environment'];
  if (!database) lines.push('  database   none: locks, waits and statements cannot be judged');
  else {
    const provide =
      database.provide === 'embedded'
        ? 'embedded'
        : 'container' in database.provide
          ? `container ${database.provide.container.image}`
          : `external, URL from ${database.provide.external.urlFrom}`;
    lines.push(`  database   ${database.engine}, ${provide}, cache ${cache}`);
    for (const [name, value] of Object.entries(database.settings))
      lines.push(`             ${name} = ${value}`);
    for (const [name, role] of Object.entries(database.roles)) {
      const owns = role.owns.length > 0 ? `, owns ${role.owns.join(', ')}` : '';
      const settings = Object.entries(role.settings).map(([key, value]) => `, ${key} = ${value}`);
      lines.push(`  role       ${name}: ${role.grants}${owns}${settings.join('')}`);
    }
  }
  for (const entry of data) {
    if ('sql' in entry)
      lines.push(
        `  data       ${firstLine(entry.sql)}${entry.role === undefined ? '' : ` as ${entry.role}`}`,
      );
    else
      for (const [table, { count }] of Object.entries(entry.rows))
        lines.push(`  data       ${formatCount(count)} rows in ${table}`);
  }
  for (const [name, service] of Object.entries(services)) {
    const what = service.command?.join(' ') ?? service.image ?? service.url ?? '';
    const ready = [
      service.ready.http === undefined ? [] : [`http ${service.ready.http}`],
      service.ready.tcp === undefined ? [] : ['tcp'],
      service.ready.log === undefined ? [] : [`log /${service.ready.log}/`],
    ].flat();
    lines.push(
      service.url === undefined
        ? `  service    ${name}: ${what}, ${service.replicas} replicas, ready ${ready.join(' and ') || 'when it listens'} within ${formatMs(service.ready.timeout)}, ${formatMs(service.stopGrace)} from SIGTERM to SIGKILL`
        : `  service    ${name}: ${what} (already running)`,
    );
  }
  return [...lines, ...production(scenario.production)];
}

function production(production: RunPlan['scenario']['production']): string[] {
  if (!production) return ['  stands for nothing declared (production: …)'];
  const version = production.version === undefined ? '' : ` Postgres ${production.version}`;
  const longest =
    production.longestTransaction === undefined
      ? ''
      : `, transactions up to ${formatMs(production.longestTransaction)}`;
  const tables = Object.entries(production.tables).map(([table, { rows, size }]) => {
    const parts = [
      rows === undefined ? [] : [`${formatCount(rows)} rows`],
      size === undefined ? [] : [formatBytes(size)],
    ].flat();
    return `             ${table}: ${parts.join(', ')}`;
  });
  return [`  stands for production${version}${longest}`, ...tables];
}

function background({ scenario, collisions }: RunPlan): string[] {
  const jobs = Object.entries(scenario.background);
  if (jobs.length === 0) return [];
  return [
    'background',
    ...jobs.flatMap(([name, job]) => {
      const hold = job.holdFor === undefined ? '' : `, held for ${formatMs(job.holdFor)}`;
      const every = job.every === undefined ? '' : `, every ${formatMs(job.every)}`;
      const role = job.role === undefined ? '' : ` as ${job.role}`;
      return [
        `  ${name}: ${job.kind}${role}${every}${hold}: ${firstLine(job.sql ?? job.table ?? '')}`,
        ...collisions
          .filter((collision) => collision.job === name)
          .map(
            (c) =>
              `    meets ${c.stepId}: starts ${formatMs(c.startBeforeMs)} before it, holds for ${formatMs(c.holdForMs)}`,
          ),
      ];
    }),
  ];
}

function timeline({ phaseMs, upgrade, rollback }: RunPlan): string[] {
  const phases = [
    `warmup ${formatMs(phaseMs.warmup)}`,
    `baseline ${formatMs(phaseMs.baseline)}`,
    `upgrade (${upgrade.length} ${upgrade.length === 1 ? 'step' : 'steps'})`,
    `soak ${formatMs(phaseMs.soak)}`,
    ...(rollback.length > 0
      ? [`rollback (${rollback.length} ${rollback.length === 1 ? 'step' : 'steps'})`]
      : []),
    `recovery ${formatMs(phaseMs.recovery)}`,
  ];
  return ['timeline', `  ${phases.join(' → ')}`];
}

function waivers({ scenario }: RunPlan): string[] {
  if (scenario.waivers.length === 0) return [];
  return [
    'waivers',
    ...scenario.waivers.map(({ finding, step, table, path, reason, until }) => {
      const where = [step, table, path].filter((part) => part !== undefined).join(', ');
      return `  ${finding}${where === '' ? '' : ` (${where})`}: ${reason}${until === undefined ? '' : `, until ${until}`}`;
    }),
  ];
}

function warnings(plan: RunPlan): string[] {
  if (plan.warnings.length === 0) return [];
  return [
    `warnings (${plan.warnings.length})`,
    ...plan.warnings.flatMap(({ path, message, hint, line }) => [
      `  ${line === undefined ? '' : `line ${line}: `}${path}: ${message}`,
      ...(hint === undefined ? [] : [`    ${hint}`]),
    ]),
  ];
}

function firstLine(text: string): string {
  const [first = ''] = text.trim().split('\n');
  return first.length > 100 || text.trim().includes('\n') ? `${first.slice(0, 99)}…` : first;
}
