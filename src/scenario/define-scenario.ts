import type { ScenarioInput } from '../model/scenario.js';

/** Types a scenario written in TypeScript: `export default defineScenario({ … })`. It is checked when it is loaded. */
export function defineScenario(scenario: ScenarioInput): ScenarioInput {
  return scenario;
}
