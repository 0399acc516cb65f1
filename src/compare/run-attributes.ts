import { formatBytes, formatMs } from '../foundation/units.js';
import type { RunProfile } from './profile/run-profile.js';

/** A thing that should be alike on both sides, in words; undefined: the run does not tell. */
export type Attribute = readonly [what: string, of: (run: RunProfile) => string | undefined];

/** What of the machine may be the cause of any difference. */
export const machine: readonly Attribute[] = [
  ['cpu', ({ fingerprint: f }) => (f ? `${f.cpus} × ${f.cpuModel}` : undefined)],
  ['memory', ({ fingerprint: f }) => (f ? formatBytes(f.memoryBytes) : undefined)],
  ['platform', ({ fingerprint: f }) => f?.platform],
  ['where Postgres runs', ({ fingerprint: f }) => f?.provide],
  ['Postgres', ({ fingerprint: f }) => f?.postgres ?? undefined],
];

/** What the plan says; it may well be what is compared. */
export const planned: readonly Attribute[] = [
  ['git revision', revisionText],
  ['dten', ({ fingerprint: f }) => f?.dten],
  ['Node', ({ fingerprint: f }) => f?.node],
  ['connections', ({ plan }) => String(plan.scenario.traffic.connections)],
  ['arrivals', ({ plan }) => plan.scenario.traffic.arrivals],
  ['deadline', ({ plan }) => formatMs(plan.scenario.traffic.timeout)],
  ['length of baseline', ({ plan }) => formatMs(plan.phaseMs.baseline)],
  ['length of soak', ({ plan }) => formatMs(plan.phaseMs.soak)],
  ['length of recovery', ({ plan }) => formatMs(plan.phaseMs.recovery)],
  ['way back', ({ plan }) => plan.rollbackWay ?? 'steps'],
  ['steps of the upgrade', ({ plan }) => stepsText(plan.upgrade)],
  ['steps of the rollback', ({ plan }) => stepsText(plan.rollback)],
];

/** Parts of the scenario of which only is said whether they are alike. */
export const parts: readonly Attribute[] = [
  ['environment', ({ plan }) => JSON.stringify(plan.scenario.environment)],
  ['background jobs', ({ plan }) => JSON.stringify(plan.scenario.background)],
  ['objectives', ({ plan }) => JSON.stringify(plan.scenario.objectives)],
  ['SQL of the steps', ({ plan }) => JSON.stringify([plan.upgrade, plan.rollback].map(statementsOf))],
];

function revisionText({ run: { revision } }: RunProfile): string | undefined {
  if (!revision) return undefined;
  const branch = revision.branch === null ? '' : ` ${revision.branch}`;
  return `${revision.commit.slice(0, 10)}${branch}${revision.dirty === true ? ', dirty' : ''}`;
}

function stepsText(steps: RunProfile['plan']['upgrade']): string {
  return steps.map(({ name, kind }) => `${name} (${kind})`).join(', ');
}

function statementsOf(steps: RunProfile['plan']['upgrade']): (string[] | undefined)[] {
  return steps.map(({ source }) => source?.statements.map(({ text }) => text));
}
