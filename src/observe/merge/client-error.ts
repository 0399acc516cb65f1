import type { ErrorLine } from '../log/lock-line.js';

/** A statement of ours that ended with an error that may have ended a lock wait. Run time, µs. */
export interface ClientError {
  pid: number;
  ended: ErrorLine['ended'];
  /** When the client sent the statement and when it heard of the error. */
  sentUs: number;
  atUs: number;
  /** The error proves that the session was waiting for a lock. */
  provesWait: boolean;
  /** Of the step, where the scenario set one. */
  lockTimeoutUs?: number;
  applicationName: string;
}
