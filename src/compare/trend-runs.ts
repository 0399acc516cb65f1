import type { RunPlan } from '../model/plan.js';
import type { TrendRun } from '../model/trend.js';
import { measuresOf, type Measured } from './trend-measures.js';
import type { TrendSource } from './trend-source.js';

/** One rehearsal, brought down to what a trend keeps of it: some kilobytes. */
export interface RunOfTrend {
  scenario: string;
  way: 'steps' | 'snapshot';
  run: TrendRun;
  measures: Map<string, Measured>;
  /** What may differ between two runs, and say why a measure changed: by what it is called. */
  facts: Map<string, string>;
}

export interface RunLeftOut {
  scenario: string;
  way: 'steps' | 'snapshot';
  leftOut: string;
}

/**
 * A result as a run of its trend; or why it says nothing of the system: it was cut short, or its verdict is INVALID. A
 * NO-GO is a measurement like others.
 */
export function runOfTrend(dir: string, result: TrendSource): RunOfTrend | RunLeftOut {
  const { scenario, startedAt, revision = null, plan, ended, verdict } = result;
  const way = plan.rollbackWay ?? 'steps';
  if (ended !== 'complete') return { scenario, way, leftOut: ended };
  if (verdict.verdict === 'INVALID') return { scenario, way, leftOut: `INVALID: ${verdict.because}` };
  return {
    scenario,
    way,
    run: { dir, startedAt, verdict: verdict.verdict, revision },
    measures: measuresOf(result),
    facts: factsOf(result),
  };
}

function factsOf({ plan, fingerprint }: TrendSource): Map<string, string> {
  const facts = new Map<string, string>([
    ['the scenario file', shortHash(plan.scenarioSha256)],
    ...loadOf(plan),
    ['seed', String(plan.seed)],
  ]);
  if (!fingerprint) return facts;
  const { dten, node, platform, provide, postgres, cpuModel, cpus } = fingerprint;
  facts.set('dten', dten);
  facts.set('Node', node);
  facts.set('platform', platform);
  facts.set('database', provide);
  if (postgres !== null) facts.set('Postgres', postgres);
  facts.set('CPU', `${cpus} × ${cpuModel}`);
  for (const [setting, value] of Object.entries(fingerprint.settings)) facts.set(`setting ${setting}`, value);
  return facts;
}

function loadOf({ scenario }: RunPlan): [string, string][] {
  return [
    ['rate', `${scenario.traffic.rate}/s`],
    ['connections', String(scenario.traffic.connections)],
  ];
}

function shortHash(hash: string): string {
  return hash.slice(0, 8);
}

/** `Postgres 18.3 → 18.4`: what both runs know, and know differently. */
export function differences(before: RunOfTrend['facts'], after: RunOfTrend['facts']): string[] {
  return [...after].flatMap(([fact, value]) => {
    const was = before.get(fact);
    return was === undefined || was === value ? [] : [`${fact} ${was} → ${value}`];
  });
}
