import type { Position } from './document-path.js';
import type { RestoreStep, RollbackWay } from './rollback.js';
import type { Phase, Scenario, ScenarioStep, StepKind } from './scenario.js';

/** One SQL statement of a step, as Postgres's grammar split it. */
export interface SqlStatement {
  index: number;
  text: string;
  /** 1-based line of its first character in its file (or in the inline SQL). */
  line: number;
  /** 1-based column (code points) of that character; absent in older plans. */
  column?: number;
  /** Of inline SQL: where that character stands in the scenario file, as near as its quoting lets it be told. */
  inScenario?: Position;
  /** The parser's node name: `AlterTableStmt`, `IndexStmt`, `UpdateStmt`, … */
  node: string;
  kind: 'begin' | 'commit' | 'rollback' | 'other';
  /** False for CREATE INDEX CONCURRENTLY, VACUUM, and the rest that refuse a transaction block. */
  transactional: boolean;
}

export interface SqlSource {
  /** Absolute path, or undefined for inline SQL. */
  file?: string;
  statements: SqlStatement[];
  /** Who draws the transaction boundary (truth 11): the whole file, each statement, or the file's own BEGIN/COMMIT. */
  transaction: 'file' | 'statement';
}

export type Side = 'upgrade' | 'rollback';

export type PlannedStep = (ScenarioStep | RestoreStep) & {
  kind: StepKind | 'restore';
  side: Side;
  /** `upgrade.add status`: unique in a plan, and how events, traces and waits name the step. */
  id: string;
  /** For sql steps. */
  source?: SqlSource;
  /** Where it begins in the scenario file; absent of TypeScript, which keeps no positions, and in older plans. */
  at?: Position;
};

/** A background job's alignment, with the step resolved to its id. */
export interface PlannedCollision {
  job: string;
  stepId: string;
  startBeforeMs: number;
  holdForMs: number;
}

/**
 * A scenario plus flags and a seed, every default filled in, frozen, printable and JSON-safe. Everything a run
 * needs is in it; nothing is read from the scenario file after planning (but data and SQL files it names).
 */
export interface RunPlan {
  schema: 'dten.plan/1';
  name: string;
  seed: number;
  /** Absolute path of the scenario file, its folder (relative paths start there) and its SHA-256. */
  scenarioFile: string;
  baseDir: string;
  scenarioSha256: string;
  scenario: Scenario;
  upgrade: PlannedStep[];
  rollback: PlannedStep[];
  /** Steps of `cleanup`, ids `cleanup.<name>`: after the traffic, twice. */
  cleanup?: PlannedStep[];
  /** How this rehearsal goes back; absent: by the rollback's steps. */
  rollbackWay?: RollbackWay;
  collisions: PlannedCollision[];
  /** Phases of fixed length, in ms; upgrade and rollback last as long as their steps. */
  phaseMs: Record<Exclude<Phase, 'upgrade' | 'rollback'>, number>;
  inFlightCap: number;
  /** Wall time without upgrade and rollback steps, ms. */
  fixedMs: number;
  /** Things `validate` warns about: not wrong, but a rehearsal that says less than it could. */
  warnings: { path: string; message: string; hint?: string; line?: number }[];
}
