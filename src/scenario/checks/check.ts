import type { Scenario } from '../../model/scenario.js';
import type { Problem } from '../document.js';
import type { Names } from '../names.js';

/** What a check looks at. */
export interface CheckInput {
  scenario: Scenario;
  names: Names;
  baseDir: string;
}

/** One thing that a scenario of the right shape can still get wrong; it reports every instance. */
export type Check = (input: CheckInput) => Problem[] | Promise<Problem[]>;
