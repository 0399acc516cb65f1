import type { Finding } from '../model/verdict.js';

/** A finding before `judge` stamps the rule's id and the waivers on it. */
export type RuleFinding = Omit<Finding, 'rule' | 'waived'>;

/** Part of what a rule was asked that it could not judge: it becomes an INVALID finding, never a pass. */
export interface Unjudged {
  what: string;
  remedy: string;
  where?: Finding['where'];
}
