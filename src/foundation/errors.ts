import { exitCodes, type ExitCode } from './exit-codes.js';

export interface DtenErrorOptions {
  /** What the reader can do about it. */
  hint?: string;
  cause?: unknown;
  exitCode?: ExitCode;
}

/**
 * An error with a stable code. A rehearsal never throws for an expected failure (a step that fails is a
 * result): this is for wrong input (exit 2), an environment that cannot be had (exit 2 or 4), a broken
 * harness (exit 4).
 */
export class DtenError extends Error {
  override readonly name: string = 'DtenError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, options: DtenErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? exitCodes.broken;
  }
}

/** One thing wrong with the user's input. Lines and columns count from 1. */
export interface InputProblem {
  file: string;
  line?: number;
  column?: number;
  /** Where in the document, e.g. `traffic.endpoints["read order"].weight`. */
  path?: string;
  message: string;
  /** The way out: "did you mean", an example, a command to run. */
  hint?: string;
}

/** `file:line:column: path: message`, the form editors and terminals link. */
export function formatProblem(p: InputProblem): string {
  const at =
    p.line === undefined ? p.file : `${p.file}:${p.line}${p.column === undefined ? '' : `:${p.column}`}`;
  const path = p.path ? `${p.path}: ` : '';
  return `${at}: ${path}${p.message}${p.hint ? `\n    ${p.hint}` : ''}`;
}

/** Wrong input: all problems at once, exit 2. */
export class InputError extends DtenError {
  override readonly name = 'InputError';
  readonly problems: readonly InputProblem[];

  constructor(problems: readonly InputProblem[]) {
    super('bad-input', problems.map(formatProblem).join('\n'), { exitCode: exitCodes.badInput });
    this.problems = problems;
  }
}

/** The message of anything that was thrown; AggregateErrors (node's ECONNREFUSED on two families) by their first. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

/** The `code` of a thrown thing (`ECONNREFUSED`, a SQLSTATE, a DtenError's), if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return undefined;
}
