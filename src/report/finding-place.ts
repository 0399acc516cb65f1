import type { PlannedStep, RunPlan, SqlStatement } from '../model/plan.js';
import { isStatement } from '../model/same-statement.js';
import type { Finding } from '../model/verdict.js';

/** A stretch of a file. Lines and columns count from 1, columns in code points; the end is exclusive. */
export interface FindingPlace {
  /** Absolute, as planned. */
  file: string;
  line: number;
  column?: number;
  endLine?: number;
  endColumn?: number;
  /** The statement itself. */
  text?: string;
}

/**
 * Where a finding belongs: on its statement's own lines; else its step's file (its only statement, or line 1), or
 * where the step stands in the scenario; else line 1 of the scenario. Every finding has a place.
 */
export function findingPlace(plan: RunPlan, { where }: Finding): FindingPlace {
  const steps = [...plan.upgrade, ...plan.rollback, ...(plan.cleanup ?? [])];
  const named = steps.filter(({ id }) => where.step === undefined || id === where.step);
  if (where.statement !== undefined && where.statement.trim() !== '') {
    for (const step of named) {
      const found = statementsOf(step).find(({ text }) => isStatement(where.statement ?? '', text));
      if (found) return placeOfStatement(plan, step, found);
    }
  }
  const step = where.step === undefined ? undefined : named[0];
  return step ? placeOfStep(plan, step) : { file: plan.scenarioFile, line: 1 };
}

function statementsOf(step: PlannedStep): readonly SqlStatement[] {
  return step.source?.statements ?? [];
}

function placeOfStatement(plan: RunPlan, step: PlannedStep, statement: SqlStatement): FindingPlace {
  const { text } = statement;
  const file = step.source?.file;
  if (file !== undefined) return { file, text, ...spanOf(text, statement) };
  const { inScenario } = statement;
  // How a text of several lines is indented or folded there is the scenario's affair: its end is not told.
  if (inScenario) return { file: plan.scenarioFile, text, ...inScenario };
  return { ...placeInScenario(plan, step), text };
}

/** The stretch that a text takes from its first character on. */
function spanOf(text: string, { line, column }: SqlStatement): Omit<FindingPlace, 'file' | 'text'> {
  if (column === undefined) return { line };
  const lines = text.split('\n');
  const last = [...(lines.at(-1) ?? '')].length;
  return {
    line,
    column,
    endLine: line + lines.length - 1,
    endColumn: lines.length === 1 ? column + last : last + 1,
  };
}

function placeOfStep(plan: RunPlan, step: PlannedStep): FindingPlace {
  const [only, ...more] = statementsOf(step);
  if (only && more.length === 0) return placeOfStatement(plan, step, only);
  const file = step.source?.file;
  return file === undefined ? placeInScenario(plan, step) : { file, line: 1 };
}

function placeInScenario(plan: RunPlan, { at }: PlannedStep): FindingPlace {
  return { file: plan.scenarioFile, line: 1, ...at };
}
