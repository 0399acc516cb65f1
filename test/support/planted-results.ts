import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EndpointSummary, ResultJson } from '../../src/model/result.js';
import { resultSchema } from '../../src/model/result.js';
import { endpointNames, samplePlan, sampleTrace } from '../unit/results/sample.js';

const second = 1_000_000;
const phases = ['warmup', 'baseline', 'upgrade', 'soak', 'rollback', 'recovery'] as const;

/** What one planted rehearsal measured; the rest is a quiet GO. */
export interface PlantedRun {
  /** ISO 8601; default: one a night from 1 June 2026 on, at 02:00 UTC. */
  startedAt?: string;
  scenario?: string;
  way?: 'steps' | 'snapshot';
  /** Of every endpoint, in the upgrade; null: too few requests. Half of it is p50, a fifth the other phases'. */
  p99Ms?: number | 'inf' | null;
  stepMs?: number;
  longestWaitMs?: number;
  failed?: number;
  downMs?: number;
  verdict?: ResultJson['verdict']['verdict'];
  ended?: ResultJson['ended'];
  revision?: { commit: string; branch: string | null; dirty: boolean } | null;
  postgres?: string;
  endpoints?: readonly string[];
  /** result.json is not written, or holds this instead. */
  cut?: boolean;
  text?: string;
}

/** Writes manifest.json and result.json of a rehearsal, as dten does, without observations; returns its folder. */
export function plantResult(root: string, run: PlantedRun, night = 0): string {
  const result = plantedResult(run, night);
  const start = result.startedAt.replaceAll(/[-:]|\.\d+/g, '');
  const dir = join(root, result.scenario.replaceAll('/', '_'), `${start}-${result.id}`);
  mkdirSync(dir, { recursive: true });
  const { schema, id, scenario, startedAt, zeroEpochUs, plan } = result;
  writeFileSync(
    join(dir, 'manifest.json'),
    JSON.stringify({ schema, id, scenario, startedAt, zeroEpochUs, plan }),
  );
  if (run.cut !== true) writeFileSync(join(dir, 'result.json'), run.text ?? JSON.stringify(result, null, 1));
  return dir;
}

/** One night after another. */
export function plantNights(root: string, runs: readonly PlantedRun[]): string[] {
  return runs.map((run, night) => plantResult(root, run, night));
}

export function plantedResult(run: PlantedRun, night = 0): ResultJson & { revision?: unknown } {
  const { stepMs = 200, scenario = 'orders' } = run;
  const startedAt = run.startedAt ?? new Date(Date.UTC(2026, 5, 1 + night, 2)).toISOString();
  const result: ResultJson = {
    schema: 'dten.result/1',
    id: night.toString(16).padStart(6, '0'),
    scenario,
    startedAt,
    zeroEpochUs: Date.parse(startedAt) * 1000,
    plan: { ...samplePlan(), name: scenario, rollbackWay: run.way ?? 'steps' },
    endedAt: startedAt,
    ended: run.ended ?? 'complete',
    fingerprint: {
      dten: '0.1.0',
      node: 'v20.20.2',
      platform: 'linux-x64',
      cpus: 2,
      cpuModel: 'a cpu',
      memoryBytes: 8e9,
      provide: 'embedded',
      postgres: run.postgres ?? '18.4',
      settings: {},
      tables: {},
    },
    phases: phases.map((phase, at) => ({ phase, fromUs: at * 10 * second, toUs: (at + 1) * 10 * second })),
    steps: [
      {
        step: 'upgrade.add status',
        side: 'upgrade',
        kind: 'sql',
        fromUs: 20 * second,
        toUs: 20 * second + stepMs * 1000,
        attempts: [{ attempt: 1, fromUs: 20 * second, toUs: 20 * second + stepMs * 1000, ok: true }],
        outcome: 'ok',
      },
    ],
    endpoints: (run.endpoints ?? endpointNames).flatMap((endpoint) =>
      phases.map((phase) => endpointSummary(endpoint, phase, run)),
    ),
    lockCoverage: null,
    locks: { waits: 3, longestMs: run.longestWaitMs ?? 100, blockedSeconds: 0.2 },
    trace: sampleTrace(),
    audits: [],
    conservationError: 0,
    degraded: [],
    teardownFailures: [],
    verdict: {
      verdict: run.verdict ?? 'GO',
      because: run.verdict === 'INVALID' ? 'it cannot be told: the harness was late' : '20 rules passed',
      findings: [],
      rules: [],
      downtime: { downMs: run.downMs ?? 0, unknownSeconds: 0 },
    },
  };
  // As dten reads it back: a fixture that no rehearsal could have written would test nothing.
  resultSchema.parse(result);
  return run.revision === undefined ? result : { ...result, revision: run.revision };
}

function endpointSummary(
  endpoint: string,
  phase: EndpointSummary['phase'],
  { p99Ms = 20, failed = 0 }: PlantedRun,
): EndpointSummary {
  const share = phase === 'upgrade' ? 1 : 0.2;
  const at = (by: number) => (typeof p99Ms === 'number' ? p99Ms * share * by : p99Ms);
  const shown = {
    count: 1_000,
    p50: p99Ms === 'inf' ? 5 : at(0.5),
    p90: 10,
    p99: phase === 'upgrade' ? p99Ms : p99Ms === 'inf' ? 4 : at(1),
    p999: null,
    p9999: null,
    max: 100,
  };
  const finite = { ...shown, p50: 5, p99: 20 };
  const bad = phase === 'upgrade' ? failed : 0;
  return {
    endpoint,
    phase,
    tally: {
      intended: 1_000,
      ok: 1_000 - bad,
      httpError: bad,
      timeout: 0,
      connectionError: 0,
      dropped: 0,
      aborted: 0,
    },
    reasons: {},
    retries: 0,
    responseMs: finite,
    responseWithDropsMs: shown,
    serviceMs: finite,
  };
}
