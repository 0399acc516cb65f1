import type { RunUs } from '../foundation/clock.js';
import type { CompiledEndpoint, HttpMessage, Shape, SqlMessage } from './compile-endpoint.js';
import type { Page } from './recorder.js';

/** One attempt under way on a connection. */
export interface Exchange {
  /** The request has ended without it: what still comes is nobody's, and its connection gets free as soon as may be. */
  abandon(): void;
}

/** A request from its intended start to its end. Four instants: intended, due (the pacer fired), sent, end. */
export class LiveRequest {
  /** −1: not sent (yet). Of the last attempt. */
  sentUs: RunUs = -1;
  deadlineUs: RunUs;
  attempts = 1;
  state: 'queued' | 'carried' | 'resting' | 'ended' = 'queued';
  exchange: Exchange | undefined;

  constructor(
    readonly endpoint: CompiledEndpoint,
    readonly shape: Shape,
    /** −1: the endpoint's own request. */
    readonly variant: number,
    readonly message: HttpMessage | SqlMessage,
    readonly id: string,
    readonly page: Page,
    readonly intendedUs: RunUs,
    readonly dueUs: RunUs,
  ) {
    this.deadlineUs = intendedUs + endpoint.timeoutUs;
  }

  get timeoutUs(): number {
    return this.endpoint.timeoutUs;
  }
}
