import type { DocumentPath, Position } from '../model/document-path.js';
import type { SqlSource } from '../model/plan.js';
import type { RollbackStrategy } from '../model/rollback.js';
import type { Scenario } from '../model/scenario.js';

/** What a plan is made of: a scenario that has been checked, and the SQL that was read when it was. */
export interface PlanInput {
  scenario: Scenario;
  file: string;
  baseDir: string;
  sha256: string;
  /** By step id (`upgrade.add status`). */
  sqlSources: ReadonlyMap<string, SqlSource>;
  locate?(path: DocumentPath): Position | undefined;
}

/** Flags that override the scenario. */
export interface PlanFlags {
  seed?: number;
  ratePerSecond?: number;
  warmupMs?: number;
  baselineMs?: number;
  soakMs?: number;
  recoveryMs?: number;
  rollback?: RollbackStrategy;
}
