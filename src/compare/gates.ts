import type { InputProblem } from '../foundation/errors.js';
import { suggest } from '../foundation/nearest-name.js';
import { parsePercentile } from '../foundation/units.js';
import { wildcard } from '../foundation/wildcard.js';
import type { Phase } from '../model/scenario.js';
import type { RunProfile } from './profile/run-profile.js';

/** What --gate names: a percentile of endpoints, in every steady phase or in one. */
export interface GateFlag {
  /** As it was given. */
  text: string;
  /** `read *`; `*` where none is named. */
  endpointText: string;
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
  return { text, endpointText: endpoint, endpoint: wildcard(endpoint), percentile, phase };
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

/**
 * Gates that name no endpoint × percentile × phase of any run: a slip of the pen would pass as a gate that holds. None
 * where no run has a steady phase: nothing is known then of what there would be.
 */
export function gateProblems(gates: readonly GateFlag[], runs: readonly RunProfile[]): InputProblem[] {
  const cells = runs.flatMap(({ phases }) =>
    [...phases.values()].flatMap(({ endpoint, phase, quantiles }) =>
      [...quantiles.keys()].map((percentile) => ({ endpoint, phase, percentile })),
    ),
  );
  if (cells.length === 0) return [];
  const endpoints = [...new Set(runs.flatMap((run) => run.endpoints))];
  return gates.flatMap((gate): InputProblem[] => {
    if (cells.some((cell) => isGate([gate], cell))) return [];
    const named = endpoints.filter((name) => gate.endpoint.test(name));
    const there = cells
      .filter(({ endpoint, phase }) => named.includes(endpoint) && phase !== 'baseline')
      .map(({ percentile, phase }) => `${percentile}@${phase}`);
    const asked = `${gate.percentile}@${gate.phase ?? 'soak'}`;
    const hint =
      named.length === 0
        ? suggest(gate.endpointText, endpoints, 'endpoints')
        : suggest(asked, [...new Set(there)], 'there are');
    return [{ file: '--gate', message: `${JSON.stringify(gate.text)} matches nothing of either side`, hint }];
  });
}
