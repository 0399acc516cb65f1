import { createHmac } from 'node:crypto';
import { canonical } from './normalize.js';

/** Makes a secret comparable within a run and worthless outside it. */
export type Redactor = (value: unknown) => string;

/** `salt` is the run's own, random, and kept nowhere. */
export function redactor(salt: Uint8Array): Redactor {
  return (value) =>
    `redacted:${createHmac('sha256', salt).update(canonical(value)).digest('hex').slice(0, 16)}`;
}
