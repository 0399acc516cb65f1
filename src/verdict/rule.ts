import type { FindingRule } from '../model/finding-rules.js';
import type { RuleFinding, Unjudged } from './finding-parts.js';
import type { JudgedView } from './judged-view.js';

export type RuleOutcome =
  /** `summary` tells what was measured and on what, also of a pass. */
  | { findings: RuleFinding[]; summary: string; unjudged?: Unjudged[] }
  /** Nothing could be judged. */
  | { noData: string; remedy: string }
  /** The scenario sets no such objective. */
  | { notAsked: true };

export interface Rule {
  id: FindingRule;
  title: string;
  /** One line: what it finds, and what that does to the verdict. */
  doc: string;
  judge(view: JudgedView): RuleOutcome;
}

export const notAsked = { notAsked: true } as const;
