import { DtenError, InputError, exitCodes, formatProblem, type ExitCode } from '../index.js';

/** Prints what went wrong and the way out; returns the exit code. */
export function reportFailure(error: unknown, out: { write(text: string): unknown }): ExitCode {
  if (error instanceof InputError) {
    const n = error.problems.length;
    out.write(
      `${error.problems.map(formatProblem).join('\n')}\n\n${n} ${n === 1 ? 'problem' : 'problems'}\n`,
    );
    return error.exitCode;
  }
  if (error instanceof DtenError) {
    out.write(`dten: ${error.message}\n${error.hint ? `    ${error.hint}\n` : ''}`);
    return error.exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  out.write(`dten broke; this is a bug in dten, not in your scenario:\n${text}\n`);
  return exitCodes.broken;
}
