import type { RunClock, RunUs } from '../foundation/clock.js';
import type { TeardownStack } from '../foundation/teardown.js';
import type { Audit, LedgerWrite } from './ledger.js';
import type {
  HealthSample,
  LockCoverage,
  LockWait,
  RunEvent,
  SecondTally,
  Series,
  ServerSample,
  StampedEvent,
  Tally,
  TraceReport,
} from './observation.js';
import type { LiveLocks } from './live.js';
import type { PlannedStep, RunPlan } from './plan.js';
import type { StateLine } from './residue.js';
import type { RestorePart } from './rollback.js';
import type { Fingerprint, Manifest, ResultJson } from './result.js';
import type { Phase } from './scenario.js';
import type { Outcome } from './observation.js';

/** Made by rehearsal/ and handed to every room. */
export interface RunContext {
  readonly plan: RunPlan;
  readonly clock: RunClock;
  readonly signal: AbortSignal;
  readonly teardown: TeardownStack;
  /** Id of the result; labels containers, directories and databases, so that the next run can clean up. */
  readonly runId: string;
  /** The result folder (logs go below it). */
  readonly resultDir: string;
  /** Sequence and time are stamped here. Returns the stamped event. */
  emit(event: RunEvent): StampedEvent;
}

// ── environment ────────────────────────────────────────────────────────────────────────────────

/** Everything that connects does so under `dten/<kind>/<name>`; `parseActor` reads it back. */
export type ConsumerKind = 'service' | 'traffic' | 'background' | 'upgrade' | 'rollback' | 'observer';
export interface Consumer {
  kind: ConsumerKind;
  /** Service, endpoint, job, a step's label (`stepLabel`), or observer. */
  name: string;
}

export interface PgNotice {
  severity: string;
  message: string;
  code: string;
}

export interface PgResult {
  rows: Record<string, unknown>[];
  /** Columns of the answer, in order, with the oid of their type. */
  fields?: { name: string; typeId: number }[];
  /** Rows returned or affected; null where the command has no count. */
  rowCount: number | null;
}

/** One connection. Errors carry `code` = SQLSTATE, as pg's do. */
export interface PgSession extends AsyncDisposable {
  readonly pid: number;
  query(sql: string, params?: unknown[]): Promise<PgResult>;
  onNotice(listener: (notice: PgNotice) => void): void;
  /** Cancels the running query (pg_cancel_backend from another connection). */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  consumer: Consumer;
  /** A role of the scenario, or `owner`: the direct, privileged connection of observers and provisioning. */
  role: string;
  /** Default: the rehearsed database. */
  database?: string;
}

export interface Database {
  readonly versionNumber: number;
  readonly name: string;
  /** Where pg_stat_statements may have its view: of our own server not the rehearsed database, which it would change. */
  readonly statisticsDatabase: string;
  connect(options: ConnectOptions): Promise<PgSession>;
  /** A libpq URL with application_name inside. */
  urlFor(options: ConnectOptions): string;
  /** The role for a step or endpoint that names none: `migrator`/`app` if declared, else the first role, else owner. */
  defaultRole(use: 'step' | 'traffic'): string;
  /**
   * A copy of the data as it is now, nobody connected (CREATE DATABASE … TEMPLATE, settings and grants restored);
   * of another clone, where `source` names one.
   */
  clone(suffix: string, source?: string): Promise<{ name: string; drop(): Promise<void> }>;
  toRunUs(serverEpochUs: number): { atUs: RunUs; errorUs: number };
  /**
   * jsonlog text from a byte offset; `unavailable` says why not. Where the server began a new file, what is left of
   * the old one comes first; nextByte then starts again from the new one's beginning.
   */
  readLog(fromByte: number): Promise<LogChunk | { unavailable: string }>;
}

export interface LogChunk {
  text: string;
  nextByte: number;
  /** Why lines before this text may be lost; undefined: they are not. */
  lost?: string;
}

export interface Target {
  /** `http://127.0.0.1:4001` */
  origin: string;
  /** `shop#3` */
  replica: string;
}

export interface ServiceChange {
  env?: Record<string, string>;
  command?: string[];
  image?: string;
}

export interface RollOptions {
  strategy: 'rolling' | 'recreate' | 'blueGreen';
  drainMs: number;
  overlapMs: number;
}

export interface Service {
  readonly name: string;
  targets(): readonly Target[];
  /** What its replicas run with now, as declared (templates stay templates); undefined: dten did not start it. */
  environment?(): Readonly<Record<string, string>>;
  /** Rolls to the change; the outcome says why not. Never leaves fewer replicas than it found if it fails. */
  replace(change: ServiceChange, roll: RollOptions, signal: AbortSignal): Promise<Outcome>;
}

/** The data directory as it was at one instant, for the rollback. */
export interface PhysicalSnapshot {
  /** Stops services and server, copies, and starts both again: before traffic. Emits what it made. */
  take(): Promise<void>;
  /** Stops the server under whoever is connected, puts the copy back, and starts the server. */
  restore(
    onPart: (part: RestorePart, edge: 'start' | 'end', bytes?: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface Environment extends AsyncDisposable {
  readonly database: Database | undefined;
  /** Where the server and its files are dten's own. */
  readonly snapshot?: PhysicalSnapshot | undefined;
  readonly services: ReadonlyMap<string, Service>;
  /** For templates: `database.url.<role>`, `service.<name>.url`, … Complete after startServices. */
  readonly outputs: Readonly<Record<string, string>>;
  fingerprint(): Promise<Fingerprint>;
  /** Provisioned data first, then services: a clone can be made only while nobody is connected. */
  startServices(): Promise<void>;
  /**
   * Called with the new targets whenever replicas come or go; resolves when no traffic will be sent to a removed
   * target any more and what was under way there has ended, or after drainMs.
   */
  onTargets(listener: (service: string, targets: readonly Target[], drainMs: number) => Promise<void>): void;
}

// ── traffic ────────────────────────────────────────────────────────────────────────────────────

/** What a traffic worker needs; structured-clone safe. */
export interface TrafficStart {
  plan: RunPlan;
  shard: { index: number; of: number };
  outputs: Record<string, string>;
  clock: { zeroNs: bigint; zeroEpochUs: number };
  targets: Record<string, Target[]>;
  /** Database URLs by endpoint name, for sql endpoints. */
  databaseUrls: Record<string, string>;
  /** First values of the capture pools. */
  pools: Record<string, unknown[]>;
}

export type ToWorker =
  | { type: 'start'; start: TrafficStart }
  | { type: 'phase'; phase: Phase | 'done'; fromUs: RunUs }
  | { type: 'targets'; id: number; service: string; targets: Target[]; drainMs: number }
  | { type: 'variant'; endpoint: number; index: number; active: boolean; fromUs: RunUs }
  /** No request from `fromUs` on; answered by `paused` when what is under way has ended, at most `drainMs` after. */
  | { type: 'pause'; id: number; fromUs: RunUs; drainMs: number }
  | { type: 'resume'; fromUs: RunUs }
  | { type: 'stop'; drainMs: number };

export type FromWorker =
  | { type: 'ready'; worker: number }
  /**
   * Additive: what began (`intended`) and what ended (the rest) since the last message for this second, so the
   * conservation law holds for a second once it is `final`: settled here. Every second from the first phase on
   * becomes final, one without requests too; not always in order.
   */
  | {
      type: 'interval';
      worker: number;
      second: number;
      final: boolean;
      series: Series[];
      tally: SecondTally[];
    }
  | { type: 'drained'; worker: number; id: number }
  /** Attempts at writes that have ended; all of them are told before `paused` and before `done`. */
  | { type: 'writes'; worker: number; writes: LedgerWrite[] }
  /** `underWay` requests had not ended; those of them that may write are told as indeterminate. */
  | { type: 'paused'; worker: number; id: number; underWay: number }
  | { type: 'health'; sample: HealthSample }
  | { type: 'done'; worker: number; totals: Tally }
  | { type: 'failed'; worker: number; message: string };

export interface RunningTraffic extends AsyncDisposable {
  /** Announces a phase at least 50 ms ahead, or at an instant announced already; returns when it begins. `done` offers no more requests. */
  enter(phase: Phase | 'done', atUs?: RunUs): RunUs;
  /**
   * Offers nothing from `fromUs` on. `rested` resolves once what was under way has ended, or after `drainMs`, with the
   * number of requests that have not. The phase's later requests move by the length of the pause.
   */
  pause(drainMs: number): { fromUs: RunUs; rested: Promise<number> };
  /** Returns the instant from which requests are offered again. */
  resume(): RunUs;
  setTargets(service: string, targets: readonly Target[], drainMs: number): Promise<void>;
  setVariant(endpoint: number, index: number, active: boolean): RunUs;
  /** Lets what is under way end (drainMs), aborts the rest, and resolves with the totals of all workers. */
  stop(drainMs: number): Promise<Tally>;
  /** Rejects when a worker failed: the run is broken. Never resolves otherwise. */
  readonly failure: Promise<never>;
}

// ── steps ──────────────────────────────────────────────────────────────────────────────────────

/** One attempt's end. Retries, events and records are made by steps/run-step. */
export type StepOutcome =
  { ok: true } | { ok: false; code: string; message: string; sqlState?: string; retryable: boolean };

export interface StepRunResult {
  step: PlannedStep;
  outcome: Outcome;
  attempts: number;
}

// ── observers ──────────────────────────────────────────────────────────────────────────────────

export interface ObservationSink {
  lockWait(wait: LockWait): void;
  server(sample: ServerSample): void;
}

export interface RunningLockObserver extends AsyncDisposable {
  /** For live progress. */
  live(): LiveLocks;
  /**
   * Phases, steps and statements, as they happen: where waits belong to, and what the clients saw of them (an end
   * with 55P03, 40P01 or 57014).
   */
  event(event: StampedEvent): void;
  /** Stops sampling, reads the rest of the log, merges, and hands every wait to the sink. */
  finish(): Promise<LockCoverage>;
}

// ── state ──────────────────────────────────────────────────────────────────────────────────────

/**
 * The keys of a table's rows that traffic or background jobs may have written, as texts (several key columns: a JSON
 * array of texts); or why they are not known.
 */
export type TouchedKeys = (
  table: string,
  keyColumns: readonly string[],
) => Promise<{ keys: AsyncIterable<string> | Iterable<string> } | { unknown: string }>;

// ── results ────────────────────────────────────────────────────────────────────────────────────

export interface ResultWriter extends ObservationSink {
  readonly dir: string;
  readonly manifest: Manifest;
  event(event: StampedEvent): void;
  traffic(message: FromWorker): void;
  trace(report: TraceReport): void;
  audit(audit: Audit): void;
  state(line: StateLine): void;
  /** Flushes everything to disk (the folder can then be read back and judged). */
  flush(): Promise<void>;
  /** Writes result.json by rename, fsynced; closes the files. */
  seal(result: ResultJson): Promise<void>;
  /** Closes the files without a result.json. */
  close(): Promise<void>;
}
