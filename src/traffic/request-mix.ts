import type { RunUs } from '../foundation/clock.js';
import { drawUnit } from '../foundation/rng.js';
import { cumulativeWeights, drawFields, endpointOf } from './arrivals.js';
import type { CompiledEndpoint } from './compile-endpoint.js';
import type { Arrival } from './phase-schedule.js';
import { VariantSwitches } from './variant-switches.js';

/** What an arrival is. */
export interface Picked {
  endpoint: CompiledEndpoint;
  /** −1: the endpoint's own request. */
  variant: number;
}

/** Which endpoint and which variant each arrival is: of its seed and intended start, whenever it is asked. */
export class RequestMix {
  private readonly cumulative: readonly number[];
  private readonly switches: readonly VariantSwitches[];

  constructor(
    private readonly seed: number,
    private readonly endpoints: readonly CompiledEndpoint[],
  ) {
    this.cumulative = cumulativeWeights(endpoints.map(({ weight }) => weight));
    this.switches = endpoints.map(({ variants }) => new VariantSwitches(variants.map(({ share }) => share)));
  }

  setVariant(endpoint: number, index: number, active: boolean, fromUs: RunUs): void {
    this.switches[endpoint]?.set(index, active, fromUs);
  }

  /** Intended starts must not decrease. Undefined when there is no endpoint. */
  pick({ stream, index, atUs }: Arrival): Picked | undefined {
    const endpoint = this.endpoints[endpointOf(this.seed, stream, index, this.cumulative)];
    if (!endpoint) return undefined;
    const draw = () => drawUnit(this.seed, stream, index, drawFields.variant);
    return { endpoint, variant: this.switches[endpoint.index]?.choose(atUs, draw) ?? -1 };
  }
}
