/**
 * SIGINT, SIGTERM and SIGHUP abort the run once; teardown then has its own deadline. A second signal only says
 * so, since a half torn-down environment is what the next run would stumble over; the third leaves at once
 * (the next run removes what was left).
 *
 * So does an exception that nobody caught: dten is broken then, and its environment is still taken down.
 */
export function abortOnSignals(
  say: (line: string) => void,
  tell: (error: unknown) => void,
  doing = 'stopping, tearing everything down; what was recorded is kept',
): { signal: AbortSignal; broke(): boolean; abort: (by: string) => void; stop(): void } {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let seen = 0;
  let broken = false;
  const onBug = (error: unknown) => {
    if (!broken) tell(error);
    broken = true;
    controller.abort(error instanceof Error ? error : new Error(String(error)));
  };
  const onSignal = (name: string) => {
    seen += 1;
    if (seen === 1) {
      say(`${name}: ${doing}`);
      controller.abort(new Error(`interrupted by ${name}`));
    } else if (seen === 2) {
      say('still tearing down; once more leaves at once, and the next run removes what is left');
    } else {
      process.exit(130);
    }
  };
  for (const name of names) process.on(name, onSignal);
  process.on('uncaughtException', onBug);
  process.on('unhandledRejection', onBug);
  return {
    signal: controller.signal,
    broke: () => broken,
    /** What a signal does, on somebody's word; only once. */
    abort(by) {
      if (seen === 0) onSignal(by);
    },
    stop() {
      for (const name of names) process.off(name, onSignal);
      process.off('uncaughtException', onBug);
      process.off('unhandledRejection', onBug);
    },
  };
}
