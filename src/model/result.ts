import { z } from 'zod';
import { auditSchema, type Audit, type Gap } from './ledger.js';
import type { RunPlan } from './plan.js';
import type {
  HealthSample,
  LockWait,
  SeriesKind,
  ServerSample,
  SparseCounts,
  StampedEvent,
  TrafficSecond,
} from './observation.js';
import { lockCoverageSchema, tallySchema, traceReportSchema } from './observation.js';
import { secondUpgradeSchema, type RollbackTrials } from './rollback.js';
import { phaseSchema } from './scenario.js';
import { residueReportSchema, type ResidueReport, type StateLine } from './residue.js';
import { verdictReportSchema } from './verdict.js';

/** Names of the files in `results/<scenario>/<UTC start>-<id>/`. */
export const resultFiles = {
  /** Written first; holds the plan, so that a result cut short opens. */
  manifest: 'manifest.json',
  result: 'result.json',
  latency: 'latency.hlog',
  traffic: 'traffic.ndjson',
  lockWaits: 'lock-waits.ndjson',
  events: 'events.ndjson',
  server: 'server.ndjson',
  health: 'health.ndjson',
  state: 'state.ndjson',
  trace: 'trace.json',
  ledger: 'ledger.ndjson',
  audits: 'audits.ndjson',
  rollbackTrials: 'rollback-trials.json',
  rollbackTwin: 'rollback-twin.json',
  logs: 'logs',
  /** A rendering of the others, made again at will: nothing reads it. */
  report: 'report.html',
} as const;

export const fingerprintSchema = z.object({
  dten: z.string(),
  node: z.string(),
  platform: z.string(),
  cpus: z.number(),
  cpuModel: z.string(),
  memoryBytes: z.number(),
  provide: z.string(),
  postgres: z.string().nullable(),
  settings: z.record(z.string(), z.string()),
  /** Rows and bytes as provisioned. */
  tables: z.record(z.string(), z.object({ bytes: z.number(), rows: z.number() })),
});
export type Fingerprint = z.infer<typeof fingerprintSchema>;

/** manifest.json, and the head of result.json. */
export const manifestSchema = z.object({
  schema: z.literal('dten.result/1'),
  id: z.string(),
  scenario: z.string(),
  /** ISO 8601, UTC; and the same instant as run zero in µs since the epoch. */
  startedAt: z.string(),
  zeroEpochUs: z.number(),
  plan: z.custom<RunPlan>((value) => typeof value === 'object' && value !== null),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const phaseSpanSchema = z.object({ phase: phaseSchema, fromUs: z.number(), toUs: z.number() });
export type PhaseSpan = z.infer<typeof phaseSpanSchema>;

export const stepRecordSchema = z.object({
  step: z.string(),
  side: z.enum(['upgrade', 'rollback']),
  kind: z.string(),
  fromUs: z.number(),
  toUs: z.number(),
  attempts: z.array(
    z.object({
      attempt: z.number(),
      fromUs: z.number(),
      toUs: z.number(),
      ok: z.boolean(),
      code: z.string().optional(),
      message: z.string().optional(),
    }),
  ),
  outcome: z.enum(['ok', 'failed', 'skipped', 'interrupted']),
});
export type StepRecord = z.infer<typeof stepRecordSchema>;

/** Percentiles in ms; null where there were too few samples to name one. `∞` (drops) is the string "inf". */
export const quantilesSchema = z.object({
  count: z.number(),
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  p99: z.number().nullable(),
  p999: z.number().nullable(),
  p9999: z.number().nullable(),
  max: z.number().nullable(),
});

export const endpointSummarySchema = z.object({
  endpoint: z.string(),
  phase: phaseSchema,
  tally: tallySchema,
  reasons: z.record(z.string(), z.number()),
  retries: z.number(),
  responseMs: quantilesSchema,
  /** Response time with every drop counted as +∞. */
  responseWithDropsMs: quantilesSchema.extend({
    p50: z.union([z.number(), z.literal('inf')]).nullable(),
    p90: z.union([z.number(), z.literal('inf')]).nullable(),
    p99: z.union([z.number(), z.literal('inf')]).nullable(),
    p999: z.union([z.number(), z.literal('inf')]).nullable(),
    p9999: z.union([z.number(), z.literal('inf')]).nullable(),
    max: z.union([z.number(), z.literal('inf')]).nullable(),
  }),
  serviceMs: quantilesSchema,
});
export type EndpointSummary = z.infer<typeof endpointSummarySchema>;

export const resultSchema = manifestSchema.extend({
  endedAt: z.string(),
  /** `interrupted`: by a signal; `broken`: the harness failed, with the reason. */
  ended: z.enum(['complete', 'interrupted', 'broken']),
  endReason: z.string().optional(),
  fingerprint: fingerprintSchema.nullable(),
  phases: z.array(phaseSpanSchema),
  steps: z.array(stepRecordSchema),
  endpoints: z.array(endpointSummarySchema),
  lockCoverage: lockCoverageSchema.nullable(),
  locks: z.object({ waits: z.number(), longestMs: z.number(), blockedSeconds: z.number() }).nullable(),
  trace: traceReportSchema,
  audits: z.array(auditSchema).default([]),
  /** What the rollback left behind; null or missing: no probe was read. */
  residue: residueReportSchema.nullable().optional(),
  /** The upgrade once more, after the traffic; absent: not asked. */
  secondUpgrade: secondUpgradeSchema.optional(),
  /** Conservation, as checked: intended − the six ends. Anything but 0 is INVALID. */
  conservationError: z.number(),
  degraded: z.array(z.object({ source: z.string(), lost: z.string() })),
  teardownFailures: z.array(z.string()),
  verdict: verdictReportSchema,
});
export type ResultJson = z.infer<typeof resultSchema>;

/** One endpoint × phase × kind × intended second. */
export interface SeriesSecond extends SparseCounts {
  endpoint: number;
  phase: number;
  kind: SeriesKind;
  second: number;
}

/** Everything a rule may judge: read from the folder, complete or cut short. Pure data. */
export interface ResultView {
  manifest: Manifest;
  plan: RunPlan;
  /** Endpoint names in the scenario's order: what `endpoint` indexes. */
  endpoints: string[];
  /** False: result.json is missing (killed); the rest is what was written until then. */
  complete: boolean;
  ended: ResultJson['ended'];
  endReason?: string;
  fingerprint: Fingerprint | null;
  phases: PhaseSpan[];
  steps: StepRecord[];
  /** Stretches without arrivals, in order. */
  gaps: Gap[];
  audits: Audit[];
  events: StampedEvent[];
  series: SeriesSecond[];
  seconds: TrafficSecond[];
  lockWaits: LockWait[];
  lockCoverage: ResultJson['lockCoverage'];
  server: ServerSample[];
  health: HealthSample[];
  trace: ResultJson['trace'];
  /** What the probes saw, and what follows from it (null: nothing was read). */
  state: StateLine[];
  residue: ResidueReport | null;
  /** The rollback tried from each step; absent: not tried, or not known. */
  rollbackTrials?: RollbackTrials;
  degraded: ResultJson['degraded'];
  teardownFailures: string[];
  /** Lines that could not be read, with their file: shown, never silently skipped. */
  damage: string[];
}
