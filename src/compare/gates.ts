import { parsePercentile } from '../foundation/units.js';
import { wildcard } from '../foundation/wildcard.js';
import type { Phase } from '../model/scenario.js';

/** What --gate names: a percentile of endpoints, in every steady phase or in one. */
export interface GateFlag {
  endpoint: RegExp;
  percentile: string;
  phase: Phase | undefined;
}

const phasesNamed = ['baseline', 'soak', 'recovery'] as const;

/**
 * `p99`, `create order:p99.9`, `read *:p50@soak`: [endpoint:]percentile[@phase], where * stands for any text. Without
 * a phase it is soak and recovery: the baseline comes before what is rehearsed. Undefined: it is none of these.
 */
export function parseGate(text: string): GateFlag | undefined {
  const match = /^(?:(.+):)?(p\d{1,2}(?:\.\d+)?)(?:@(\w+))?$/s.exec(text);
  if (!match) return undefined;
  const [, endpoint = '*', percentile = '', phaseText] = match;
  const phase = phasesNamed.find((known) => known === phaseText);
  if (phaseText !== undefined && phase === undefined) return undefined;
  const q = parsePercentile(percentile);
  if (q === undefined || q <= 0) return undefined;
  return { endpoint: wildcard(endpoint), percentile, phase };
}

export function isGate(
  gates: readonly GateFlag[],
  cell: { endpoint: string; phase: Phase; percentile: string },
): boolean {
  return gates.some(
    ({ endpoint, percentile, phase }) =>
      percentile === cell.percentile &&
      (phase === undefined ? cell.phase !== 'baseline' : phase === cell.phase) &&
      endpoint.test(cell.endpoint),
  );
}
