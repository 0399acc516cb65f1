import type { Answer } from '../model/comparison.js';

/** Not from the model's schema, which would bring all of zod into the page. */
export const answers = [
  'regressed',
  'improved',
  'equivalent',
  'inconclusive',
  'refused',
] as const satisfies readonly Answer[];

/** Never by colour alone. */
export const answerMarks: Record<Answer, string> = {
  regressed: '✗',
  improved: '✓',
  equivalent: '=',
  inconclusive: '?',
  refused: '–',
};

export const answerWords: Record<Answer, string> = {
  regressed: 'regressed',
  improved: 'improved',
  equivalent: 'equivalent',
  inconclusive: 'inconclusive',
  refused: 'no answer',
};
