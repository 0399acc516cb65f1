import { writeSync } from 'node:fs';
import { exitCodes } from '../index.js';

/**
 * Exit codes are verdicts: a process that ends before its command did must not end with 0 (GO) or 1 (NO-GO), be it
 * by a scenario's own `process.exit(0)`, a promise that never settles, or an exception that nobody caught.
 */
export function guardExitCode(): { done(): void } {
  let over = false;
  process.on('exit', (code) => {
    if (over || code === exitCodes.interrupted) return;
    writeSync(
      2,
      'dten ended before its work was done: a scenario that calls process.exit or never settles?\n',
    );
    process.exitCode = exitCodes.broken;
  });
  return {
    done() {
      over = true;
    },
  };
}
