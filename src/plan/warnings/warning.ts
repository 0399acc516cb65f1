import type { DocumentPath } from '../../model/document-path.js';
import type { PlannedStep, RunPlan } from '../../model/plan.js';
import type { StatementLook } from '../statement-lock.js';

export interface Warning {
  path: DocumentPath;
  message: string;
  hint?: string;
}

export interface SqlLook {
  step: PlannedStep;
  path: DocumentPath;
  statements: StatementLook[];
}

export interface WarningInput {
  plan: RunPlan;
  /** The plan's sql steps, upgrade first. */
  looks: readonly SqlLook[];
}

/** Not wrong, but a rehearsal that says less than it could. */
export type WarningRule = (input: WarningInput) => Warning[];
