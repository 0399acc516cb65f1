/** Exit codes, the same for every command. */
export const exitCodes = {
  /** GO, or nothing got worse. */
  ok: 0,
  /** NO-GO, or something got worse. */
  noGo: 1,
  /** The user's input is wrong; every problem was printed. */
  badInput: 2,
  /** INVALID: the harness could not tell. */
  invalid: 3,
  /** The harness itself broke. */
  broken: 4,
  /** Interrupted: torn down, the partial result kept. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
