import type { RuleFinding, Unjudged } from '../../../src/verdict/finding-parts.js';
import { judgedViewOf } from '../../../src/verdict/judged-view.js';
import type { Rule } from '../../../src/verdict/rule.js';
import type { ResultView } from '../../../src/model/result.js';

export interface Judged {
  findings: RuleFinding[];
  unjudged: Unjudged[];
  summary: string;
  state: 'judged' | 'no data' | 'not asked';
}

export function judgeRule(rule: Rule, view: ResultView): Judged {
  const outcome = rule.judge(judgedViewOf(view));
  if ('notAsked' in outcome) return { findings: [], unjudged: [], summary: '', state: 'not asked' };
  if ('noData' in outcome) return { findings: [], unjudged: [], summary: outcome.noData, state: 'no data' };
  return { ...outcome, unjudged: outcome.unjudged ?? [], state: 'judged' };
}
