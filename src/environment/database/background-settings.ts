import type { Scenario } from '../../model/scenario.js';

/** What the server must be started with for the scenario's background jobs; a setting of the scenario's own wins. */
export function backgroundSettings(background: Scenario['background']): Record<string, string> {
  const prepares = Object.values(background).filter(({ kind }) => kind === 'preparedTransaction').length;
  return prepares > 0 ? { max_prepared_transactions: String(prepares + spare) } : {};
}

/** For the system under rehearsal, should it prepare transactions itself. */
const spare = 20;
